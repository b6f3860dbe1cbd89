select id, call_id, phone_number, status, started_at, duration
from vapi_calls
order by created_at desc
limit $1
