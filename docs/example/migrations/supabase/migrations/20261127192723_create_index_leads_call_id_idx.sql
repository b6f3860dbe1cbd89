-- 2 statements would use it
-- 7.99 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
-- and writes go on

create index concurrently leads_call_id_idx on public.leads (call_id) include (id, name, estimated_value, status);
