create table events (id integer, day date) partition by range (day);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
create table events_default partition of events default;
insert into events select n, date '2026-01-01' + n from generate_series(1, 730) as n;
create table mostly (id integer, place text) partition by list (place);
create table mostly_montreal partition of mostly for values in ('Montréal');
create table mostly_others partition of mostly default;
insert into mostly select n, 'Laval' from generate_series(1, 600) as n;
analyze;
