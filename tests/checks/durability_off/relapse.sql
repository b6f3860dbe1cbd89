alter system set synchronous_commit = 'off';
select pg_reload_conf();
-- until true
select setting = 'off' from pg_settings where name = 'synchronous_commit';
