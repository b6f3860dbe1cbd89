select event_type, count(*) as events
from analytics
where created_at >= $1 and created_at < $2
group by event_type
order by event_type
