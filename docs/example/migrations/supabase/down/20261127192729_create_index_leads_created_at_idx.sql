-- 1 statement would use it
-- 4.41 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
-- and writes go on

set lock_timeout = '10min';
set statement_timeout = 0;
drop index concurrently public.leads_created_at_idx;
