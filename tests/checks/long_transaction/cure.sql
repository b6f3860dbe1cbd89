-- ends: report
select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'report' and datname = current_database();
-- until true
select count(*) = 0 from pg_stat_activity where application_name = 'report' and datname = current_database();
