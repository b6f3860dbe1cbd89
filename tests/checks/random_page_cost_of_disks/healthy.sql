create table settings_of_app as select n as id, md5(n::text) as value from generate_series(1, 5000) as n;
select pg_stat_reset();
-- times: 700
select count(*) from settings_of_app;
do $$ begin execute format('alter database %I set random_page_cost = 1.1', current_database()); end $$;
