create table events as select n as id, timestamptz '2026-01-01' + n * interval '1 minute' as at from generate_series(1, 100) as n;
create view moving as select * from events where at > now() - interval '1 hour';
create materialized view by_hour as select date_trunc('hour', at) as hour, count(*) as events from events group by 1;
-- When it was made, and no more:
create materialized view stamped as select count(*) as events, now() as made_at from events;
analyze;
