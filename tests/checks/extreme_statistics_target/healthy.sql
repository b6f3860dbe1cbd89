alter system set default_statistics_target = '200';
select pg_reload_conf();
-- until true
select setting = '200' from pg_settings where name = 'default_statistics_target';
