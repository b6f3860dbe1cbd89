select count(*) as calls, count(*) filter (where status = 'missed') as missed
from vapi_calls
where created_at >= $1
