-- session: pool
-- times: 5
select 1;
