-- name: phone search
-- parameters: select distinct phone_number
--     from public.vapi_calls tablesample system (2) repeatable (1)
--     order by 1
--     limit 500
select id, call_id, status, started_at, duration, priority, recording_url
from vapi_calls
where phone_number = $1
order by created_at desc
limit 20;
