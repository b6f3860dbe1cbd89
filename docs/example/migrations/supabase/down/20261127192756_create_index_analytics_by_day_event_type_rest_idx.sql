-- the sums of whole days kept in analytics_by_day_event_type want what lies before and after them
-- 11.6 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on analytics;
-- reads and writes go on

set lock_timeout = '10min';
set statement_timeout = 0;
drop index concurrently public.analytics_by_day_event_type_rest_idx;
