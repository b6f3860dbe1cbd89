drop table events_later, mostly_laval;
create table events_default partition of events default;
create table mostly_others partition of mostly default;
insert into events select n, '2028-01-01' from generate_series(1, 365) as n;
insert into mostly select n, 'Laval' from generate_series(1, 600) as n;
analyze;
