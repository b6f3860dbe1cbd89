-- vapi_calls has 53,338 dead rows beside 300,040 living ones: autovacuum comes to it too late.
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls, for an instant; reads
-- and writes go on

set local lock_timeout = '500ms';
set local statement_timeout = 0;
alter table public.vapi_calls set (autovacuum_vacuum_scale_factor = '0.01');
