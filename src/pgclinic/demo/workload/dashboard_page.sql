-- One view of the dashboard asks all of this.
-- task: dashboard page
-- weight: 0.5

-- name: calls of the last hour
-- parameters: select max(created_at) - interval '1 hour' from public.sms_logs
select count(*) from vapi_calls where created_at >= $1;

-- name: calls of the last day
-- parameters: select max(created_at) - interval '1 day' from public.sms_logs
select count(*) as calls, count(*) filter (where status = 'missed') as missed
from vapi_calls
where created_at >= $1;

-- name: live count
select count(*) from vapi_calls where status = 'active';

-- name: dashboard metrics
-- parameters: select max(created_at) - interval '1 day' from public.sms_logs
select
    count(*) as calls,
    avg(duration) as average_duration,
    percentile_cont(0.5) within group (order by duration) as median_duration,
    percentile_cont(0.95) within group (order by duration) as p95_duration,
    count(distinct phone_number) as distinct_callers
from vapi_calls
where created_at >= $1 and status = 'completed';

-- name: P1 calls today
-- parameters: select date_trunc('day', max(created_at)) from public.sms_logs
select id, call_id, phone_number, started_at, priority_reason, sla_seconds
from vapi_calls
where priority = 'P1' and created_at >= $1
order by created_at desc;

-- name: daily call summary
select call_date, total_calls, completed_calls, p1_calls, p2_calls, average_duration, distinct_callers
from daily_call_summary;

-- name: priority distribution
select priority, calls, average_duration, completed_calls from priority_distribution;

-- name: lead aggregation
-- parameters: select max(created_at) - interval '30 days' from public.leads
select
    service_type,
    count(*) as leads,
    count(*) filter (where status = 'converted') as converted,
    round(100.0 * count(*) filter (where status = 'converted') / count(*), 1) as conversion_rate
from leads
where created_at >= $1
group by service_type
order by leads desc, service_type
limit 5;
