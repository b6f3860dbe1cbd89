select id, call_id, phone_number, started_at, priority_reason, sla_seconds
from vapi_calls
where priority = 'P1' and created_at >= $1
order by created_at desc
