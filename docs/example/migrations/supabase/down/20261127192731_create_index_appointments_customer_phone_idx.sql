-- 1 statement would use it
-- 776 kB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
-- reads and writes go on

set lock_timeout = '10min';
set statement_timeout = 0;
drop index concurrently public.appointments_customer_phone_idx;
