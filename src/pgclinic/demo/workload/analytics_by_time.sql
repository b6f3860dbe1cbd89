-- weight: 0.42

-- name: events of a time range
-- parameters: select max(created_at) - weeks * interval '1 week', max(created_at) - (weeks - 2) * interval '1 week'
--     from public.sms_logs, generate_series(2, 8, 2) weeks
--     group by weeks
--     order by 1
select event_type, count(*) as events
from analytics
where created_at >= $1 and created_at < $2
group by event_type
order by event_type;
