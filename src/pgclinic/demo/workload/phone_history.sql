-- weight: 0.5

-- name: all calls of a phone number
-- parameters: select distinct phone_number
--     from public.vapi_calls tablesample system (2) repeatable (1)
--     order by 1
--     limit 500
select id, call_id, status, started_at, ended_at, duration, priority, priority_reason, analysis
from vapi_calls
where phone_number = $1
order by created_at desc;
