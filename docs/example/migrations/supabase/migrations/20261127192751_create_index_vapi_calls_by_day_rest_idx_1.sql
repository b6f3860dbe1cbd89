-- the sums of whole days kept in vapi_calls_by_day want what lies before and after them
-- 19.6 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
-- reads and writes go on

create index concurrently vapi_calls_by_day_rest_idx on public.vapi_calls (((started_at at time zone 'UTC')::date)) include (started_at, duration, phone_number, priority, status);
