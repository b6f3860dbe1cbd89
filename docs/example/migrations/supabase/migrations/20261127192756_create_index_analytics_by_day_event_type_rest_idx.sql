-- the sums of whole days kept in analytics_by_day_event_type want what lies before and after them
-- 11.6 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on analytics;
-- reads and writes go on

create index concurrently analytics_by_day_event_type_rest_idx on public.analytics (created_at) include (event_type);
