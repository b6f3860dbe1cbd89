-- 3 statements would use it
-- 224 kB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
-- reads and writes go on

create index concurrently appointments_preferred_date_idx on public.appointments (preferred_date);
