alter system set synchronous_commit = 'on';
select pg_reload_conf();
-- until true
select setting = 'on' from pg_settings where name = 'synchronous_commit';
