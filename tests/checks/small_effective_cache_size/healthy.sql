-- Exactly as large as shared_buffers is odd, and no contradiction.
alter system set effective_cache_size = '32MB';
select pg_reload_conf();
-- until true
select current_setting('effective_cache_size') = '32MB';
