-- 1 statement would use it
-- 5.11 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on call_logs;
-- reads and writes go on

create index concurrently call_logs_transcript_idx on public.call_logs using gin (transcript jsonb_path_ops);
