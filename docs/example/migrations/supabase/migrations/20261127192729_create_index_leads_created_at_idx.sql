-- 1 statement would use it
-- 4.41 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
-- and writes go on

create index concurrently leads_created_at_idx on public.leads (created_at) include (service_type, status);
