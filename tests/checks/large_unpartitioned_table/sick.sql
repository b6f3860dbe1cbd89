create table events (id integer primary key, kind text, at timestamptz);
insert into events select n, 'call', timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, 5000) as n;
create table kept_for_a_month (id integer, at timestamptz);
insert into kept_for_a_month
select n, timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, 5000) as n;
delete from kept_for_a_month where at < '2026-01-01 12:00:00';
analyze;
select kind, count(*) from events where at >= '2026-01-02' and at < '2026-01-03' group by kind;
