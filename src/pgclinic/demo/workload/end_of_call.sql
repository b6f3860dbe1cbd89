-- task: end of a call

-- name: status of an active call
-- parameters: select call_id from public.vapi_calls where status = 'active'
--     order by call_id
--     limit 500
update vapi_calls
set status = 'completed', ended_at = created_at + interval '5 minutes', duration = 300
where call_id = $1 and status = 'active';
