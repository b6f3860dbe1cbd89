select id, call_id, phone_number, status, priority, started_at, duration
from vapi_calls
where ($1::text is null or phone_number = $1)
  and ($2::text is null or status = $2)
  and ($3::timestamptz is null or created_at >= $3)
  and ($4::timestamptz is null or created_at < $4)
order by created_at desc
limit 50
