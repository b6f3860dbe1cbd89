alter system set synchronous_standby_names = 'FIRST 1 (paris, "New York")';
alter system set synchronous_commit = 'on';
select pg_reload_conf();
-- until true
select current_setting('synchronous_standby_names') <> '';
