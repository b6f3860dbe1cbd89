alter system set track_io_timing = 'off';
select pg_reload_conf();
-- until true
select setting = 'off' from pg_settings where name = 'track_io_timing';
