alter system set max_connections = 61;
select pg_reload_conf();
-- until true
select pending_restart from pg_settings where name = 'max_connections';
