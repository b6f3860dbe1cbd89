-- vapi_calls has 53,338 dead rows beside 300,040 living ones: autovacuum comes to it too late.
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls, for an instant; reads
-- and writes go on

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
alter table public.vapi_calls reset (autovacuum_vacuum_scale_factor);
commit;
