select id, status, duration, summary, tool_calls, created_at
from call_logs
where call_id = $1
order by created_at
