update vapi_calls
set status = 'completed',
    ended_at = $2::timestamptz,
    duration = greatest(0, extract(epoch from $2::timestamptz - started_at))::integer
where call_id = $1 and status = 'active'
