alter system set synchronous_standby_names = '';
select pg_reload_conf();
-- until true
select current_setting('synchronous_standby_names') = '';
