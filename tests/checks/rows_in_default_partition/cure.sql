alter table events detach partition events_default;
create table events_later partition of events for values from ('2027-01-01') to ('2029-01-01');
insert into events select * from events_default;
drop table events_default;
alter table mostly detach partition mostly_others;
create table mostly_laval partition of mostly for values in ('Laval');
insert into mostly select * from mostly_others;
drop table mostly_others;
analyze;
