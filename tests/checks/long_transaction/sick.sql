-- session: report
-- waits
select pg_sleep(100);
