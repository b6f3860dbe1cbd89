select call_id, created_at, summary
from call_logs
where transcript @> '{"escalated": true}'
order by created_at desc
