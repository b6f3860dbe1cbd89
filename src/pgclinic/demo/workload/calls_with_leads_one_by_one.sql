-- What an object-relational mapper does when nobody looks: one query for the calls, one more for each of them.
-- task: calls with their leads, one by one
-- weight: 0.5

-- name: newest calls
select id, call_id, phone_number, status, started_at, duration
from vapi_calls
order by created_at desc
limit 100;

-- name: lead of a call
-- repeat: 100
-- parameters: select distinct call_id
--     from public.call_logs tablesample system (2) repeatable (2)
--     order by 1
--     limit 1000
select call_id, id, name, status, estimated_value from leads where call_id = $1;
