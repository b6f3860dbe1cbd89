-- weight: 0.5

-- name: search with optional filters
-- parameters: select
--         case when n % 2 = 0 then phone_number end,
--         case when n % 3 = 0 then 'completed' end,
--         case when n % 2 = 1 then created_at - interval '2 days' end,
--         case when n % 2 = 1 then created_at end
--     from (
--         select phone_number, created_at, row_number() over (order by call_id) as n
--         from public.vapi_calls tablesample system (2) repeatable (3)
--     ) calls
--     order by n
--     limit 60
select id, call_id, phone_number, status, priority, started_at, duration
from vapi_calls
where ($1::text is null or phone_number = $1)
  and ($2::text is null or status = $2)
  and ($3::timestamptz is null or created_at >= $3)
  and ($4::timestamptz is null or created_at < $4)
order by created_at desc
limit 50;
