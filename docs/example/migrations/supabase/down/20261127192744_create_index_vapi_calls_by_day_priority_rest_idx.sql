-- the sums of whole days kept in vapi_calls_by_day_priority want what lies before and after them
-- 13.7 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
-- reads and writes go on

set lock_timeout = '10min';
set statement_timeout = 0;
drop index concurrently public.vapi_calls_by_day_priority_rest_idx;
