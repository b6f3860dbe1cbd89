-- The same thousand rows as one statement.
-- task: import of 1,000 rows in one batch
-- weight: 0.42

-- name: import of a batch
-- parameters: select
--         array_agg('batch_' || n order by n),
--         array_agg('+1514555' || lpad((n % 10000)::text, 4, '0') order by n),
--         array_agg(timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second' order by n),
--         array_agg(30 + n % 300 order by n),
--         array_agg('P' || 1 + n % 4 order by n)
--     from generate_series(0, 19999) n
--     group by n / 1000
--     order by n / 1000
insert into vapi_calls (call_id, phone_number, status, started_at, created_at, duration, priority)
select call_id, phone_number, 'completed', started_at, started_at, duration, priority
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::integer[], $5::text[])
    as rows (call_id, phone_number, started_at, duration, priority)
on conflict (call_id) do update
set status = excluded.status, duration = excluded.duration;
