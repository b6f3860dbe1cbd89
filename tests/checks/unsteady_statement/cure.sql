select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 150
select pg_sleep(seconds) from delays where id = 1;
