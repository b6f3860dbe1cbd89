alter system set default_statistics_target = '10';
select pg_reload_conf();
-- until true
select setting = '10' from pg_settings where name = 'default_statistics_target';
