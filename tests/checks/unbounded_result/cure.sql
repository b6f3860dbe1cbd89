select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 30
select id, code from orders where status = 'open' and id > 10 order by id limit 50;
