-- session: pool
-- times: 8
select 1;
