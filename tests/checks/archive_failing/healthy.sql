create table orders (id int);
-- Archiving failed once, and goes on.
alter system set archive_command = 'false';
select pg_reload_conf();
-- until true
select current_setting('archive_command') = 'false';
insert into orders values (1);
select pg_switch_wal();
-- until true
select failed_count > 0 from pg_stat_archiver;
alter system set archive_command = 'true';
select pg_reload_conf();
-- until true
select current_setting('archive_command') = 'true';
insert into orders values (2);
select pg_switch_wal();
-- until true
select last_archived_time > last_failed_time from pg_stat_archiver;
