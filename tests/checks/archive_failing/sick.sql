alter system set archive_command = 'false';
select pg_reload_conf();
-- until true
select current_setting('archive_command') = 'false';
insert into orders values (3);
select pg_switch_wal();
-- until true
select last_failed_time > last_archived_time from pg_stat_archiver;
