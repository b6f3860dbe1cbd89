-- The same reads as a signed-in member of the staff: row-level security decides about every row.
-- task: staff page, under row-level security
-- weight: 0.5

-- name: phone search, as staff
-- setup: set local role authenticated
-- setup: set local request.jwt.claim.role = 'authenticated'
-- parameters: select distinct phone_number
--     from public.vapi_calls tablesample system (2) repeatable (1)
--     order by 1
--     limit 500
select id, call_id, status, started_at, duration, priority, recording_url
from vapi_calls
where phone_number = $1
order by created_at desc
limit 20;

-- name: log by call id, as staff
-- setup: set local role authenticated
-- setup: set local request.jwt.claim.role = 'authenticated'
-- parameters: select distinct call_id
--     from public.call_logs tablesample system (2) repeatable (1)
--     order by 1
--     limit 500
select id, status, duration, summary, tool_calls, created_at
from call_logs
where call_id = $1
order by created_at;

-- name: leads by status, as staff
-- setup: set local role authenticated
-- setup: set local request.jwt.claim.role = 'authenticated'
-- parameters: select status, since
--     from unnest(array['new', 'qualified']) status
--     cross join (
--         select max(created_at) - days * interval '1 day' as since
--         from public.leads, generate_series(1, 7) days
--         group by days
--     ) week
--     order by 1, 2
select id, name, phone, email, service_type, urgency_level, estimated_value, city, created_at
from leads
where status = $1 and created_at >= $2
order by created_at desc;

-- name: pending appointments, as staff
-- setup: set local role authenticated
-- setup: set local request.jwt.claim.role = 'authenticated'
-- parameters: select distinct preferred_date from public.appointments where status = 'pending'
--     order by 1 desc limit 30
select id, customer_name, customer_phone, service_type, preferred_time, urgency
from appointments
where status = 'pending' and preferred_date = $1
order by preferred_time;

-- name: live count, as staff
-- setup: set local role authenticated
-- setup: set local request.jwt.claim.role = 'authenticated'
select count(*) from vapi_calls where status = 'active';
