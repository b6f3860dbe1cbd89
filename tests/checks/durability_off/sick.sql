alter system set zero_damaged_pages = 'on';
alter system set full_page_writes = 'off';
alter system set synchronous_commit = 'off';
alter system set fsync = 'off';
select pg_reload_conf();
-- until true
select setting = 'off' from pg_settings where name = 'fsync';
