-- the sums of whole days kept in vapi_calls_by_day_priority want what lies before and after them
-- 13.7 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
-- reads and writes go on

create index concurrently vapi_calls_by_day_priority_rest_idx on public.vapi_calls (started_at) include (duration, priority, status);
