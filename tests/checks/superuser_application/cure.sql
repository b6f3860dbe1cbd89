select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
set role superuser_application_app;
-- times: 40
select id from orders;
reset role;
-- times: 3
select id from orders;
