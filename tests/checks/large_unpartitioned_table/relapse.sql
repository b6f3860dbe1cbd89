drop table events, kept_for_a_month;
create table events (id integer primary key, kind text, at timestamptz);
insert into events select n, 'call', timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, 5000) as n;
create table kept_for_a_month (id integer, at timestamptz);
insert into kept_for_a_month
select n, timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, 5000) as n;
analyze;
