-- 2 statements would use it
-- 16.2 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
-- reads and writes go on

create index concurrently vapi_calls_created_at_phone_number_status_duration_idx on public.vapi_calls (created_at, phone_number, status, duration);
