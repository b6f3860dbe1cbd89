-- weight: 2

-- name: log by call id
-- parameters: select distinct call_id
--     from public.call_logs tablesample system (2) repeatable (1)
--     order by 1
--     limit 500
select id, status, duration, summary, tool_calls, created_at
from call_logs
where call_id = $1
order by created_at;
