alter system set archive_command = 'true';
select pg_reload_conf();
-- until true
select current_setting('archive_command') = 'true';
insert into orders values (4);
select pg_switch_wal();
-- until true
select last_archived_time > last_failed_time from pg_stat_archiver;
