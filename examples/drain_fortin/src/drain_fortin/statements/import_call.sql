insert into vapi_calls (call_id, phone_number, status, started_at, created_at, duration, priority)
values ($1, $2, 'completed', $3, $3, $4, $5)
on conflict (call_id) do update
set status = excluded.status, duration = excluded.duration
