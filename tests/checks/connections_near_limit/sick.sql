-- session: workers
-- times: 40
select 1;
