select id, call_id, status, started_at, duration, priority, recording_url
from vapi_calls
where phone_number = $1
order by created_at desc
limit 20
