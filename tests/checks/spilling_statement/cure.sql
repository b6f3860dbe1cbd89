select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
set work_mem = '64MB';
-- times: 10
select id, body from notes order by body;
