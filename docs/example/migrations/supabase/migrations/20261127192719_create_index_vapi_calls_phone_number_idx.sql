-- 4 statements would use it
-- 3.11 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
-- reads and writes go on

create index concurrently vapi_calls_phone_number_idx on public.vapi_calls (phone_number);
