alter system set effective_cache_size = '8MB';
select pg_reload_conf();
-- until true
select current_setting('effective_cache_size') = '8MB';
