-- rate_limits has 893 dead rows beside 5,000 living ones: autovacuum comes to it too late.
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits, for an instant; reads
-- and writes go on

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
alter table public.rate_limits reset (autovacuum_vacuum_scale_factor);
commit;
