-- 4 statements would use it
-- 8.37 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
-- reads and writes go on

create index concurrently vapi_calls_created_at_priority_idx on public.vapi_calls (created_at, priority);
