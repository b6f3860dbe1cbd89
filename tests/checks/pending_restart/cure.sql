alter system reset max_connections;
select pg_reload_conf();
-- until true
select not pending_restart from pg_settings where name = 'max_connections';
