create table settings_of_app as select n as id, md5(n::text) as value from generate_series(1, 5000) as n;
create table archive as
select n as id, repeat(md5(n::text), 30) as body from generate_series(1, 60000) as n;
vacuum analyze;
select pg_stat_reset();
-- A cache that is small beside the database, and yet holds what is read.
-- times: 700
select count(*) from settings_of_app;
