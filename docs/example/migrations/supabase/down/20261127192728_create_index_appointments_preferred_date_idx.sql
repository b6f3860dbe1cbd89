-- 3 statements would use it
-- 224 kB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
-- reads and writes go on

set lock_timeout = '10min';
set statement_timeout = 0;
drop index concurrently public.appointments_preferred_date_idx;
