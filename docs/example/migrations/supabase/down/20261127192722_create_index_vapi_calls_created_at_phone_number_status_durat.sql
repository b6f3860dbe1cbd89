-- 2 statements would use it
-- 16.2 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
-- reads and writes go on

set lock_timeout = '10min';
set statement_timeout = 0;
drop index concurrently public.vapi_calls_created_at_phone_number_status_duration_idx;
