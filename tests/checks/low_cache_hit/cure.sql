select pg_stat_reset();
-- times: 700
select count(*) from settings_of_app;
