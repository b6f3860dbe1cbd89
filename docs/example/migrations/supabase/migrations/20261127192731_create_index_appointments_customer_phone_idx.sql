-- 1 statement would use it
-- 776 kB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
-- reads and writes go on

create index concurrently appointments_customer_phone_idx on public.appointments (customer_phone);
