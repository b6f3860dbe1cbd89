-- 2 statements would use it
-- 15.2 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on call_logs;
-- reads and writes go on

create index concurrently call_logs_call_id_idx on public.call_logs (call_id);
