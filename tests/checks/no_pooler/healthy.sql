select pg_stat_reset();
-- session: pool
-- times: 10
select 1;
-- Whoever connects now and then for one question needs no pool.
-- session: cron
select 1;
-- ends: cron
select 1;
