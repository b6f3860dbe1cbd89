alter system set track_io_timing = 'on';
select pg_reload_conf();
-- until true
select setting = 'on' from pg_settings where name = 'track_io_timing';
