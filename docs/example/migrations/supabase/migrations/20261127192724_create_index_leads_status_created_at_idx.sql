-- 2 statements would use it
-- 13.7 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
-- and writes go on

create index concurrently leads_status_created_at_idx on public.leads (status, created_at) include (id, phone, email, name, service_type, urgency_level, city, estimated_value);
