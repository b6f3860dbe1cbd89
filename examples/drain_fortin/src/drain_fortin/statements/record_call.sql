insert into vapi_calls
    (call_id, phone_number, status, started_at, ended_at, duration, transcript, analysis, priority, priority_reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (call_id) do update
set status = excluded.status,
    ended_at = excluded.ended_at,
    duration = excluded.duration,
    transcript = excluded.transcript,
    analysis = excluded.analysis,
    priority = excluded.priority,
    priority_reason = excluded.priority_reason
