alter system set zero_damaged_pages = 'off';
alter system set full_page_writes = 'on';
alter system set synchronous_commit = 'on';
alter system set fsync = 'on';
select pg_reload_conf();
-- until true
select setting = 'on' from pg_settings where name = 'fsync';
