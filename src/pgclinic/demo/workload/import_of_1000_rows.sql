-- The nightly import asks the server a thousand times.
-- task: import of 1,000 rows
-- weight: 0.42

-- name: import of one row
-- repeat: 1000
-- parameters: select 'import_' || n, '+1514555' || lpad((n % 10000)::text, 4, '0'),
--         timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second', 30 + n % 300, 'P' || 1 + n % 4
--     from generate_series(1, 20000) n
--     order by n
insert into vapi_calls (call_id, phone_number, status, started_at, created_at, duration, priority)
values ($1, $2, 'completed', $3, $3, $4, $5)
on conflict (call_id) do update
set status = excluded.status, duration = excluded.duration;
