select
    count(*) as calls,
    avg(duration) as average_duration,
    percentile_cont(0.5) within group (order by duration) as median_duration,
    percentile_cont(0.95) within group (order by duration) as p95_duration,
    count(distinct phone_number) as distinct_callers
from vapi_calls
where created_at >= $1 and status = 'completed'
