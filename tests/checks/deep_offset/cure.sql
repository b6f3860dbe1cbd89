select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 30
select id, code from orders where placed_at < '2026-01-07' order by placed_at desc limit 10;
