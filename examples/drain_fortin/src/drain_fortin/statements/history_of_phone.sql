select id, call_id, status, started_at, ended_at, duration, priority, priority_reason, analysis
from vapi_calls
where phone_number = $1
order by created_at desc
