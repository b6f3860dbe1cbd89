alter system set work_mem = '4096';
select pg_reload_conf();
-- until true
select setting = '4096' from pg_settings where name = 'work_mem';
