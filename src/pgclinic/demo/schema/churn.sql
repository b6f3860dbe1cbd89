-- A normal week of updates since the last vacuum: autovacuum's default waits for 20 % dead rows, this stays below.

update public.vapi_calls
set metadata = metadata || '{"reviewed": true}'
where pg_catalog.abs(pg_catalog.hashtext(call_id)::bigint) % 1000 < 160;
update public.rate_limits
set request_count = request_count + 1
where pg_catalog.abs(pg_catalog.hashtext(id::text)::bigint) % 1000 < 185;
