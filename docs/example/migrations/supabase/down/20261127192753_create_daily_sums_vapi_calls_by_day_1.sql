-- Sums of vapi_calls by day are asked for 1,804 times a day, and 1,669 rows change between two of
-- them: kept for days that rest they are exact, and cost 1.3 % of what they cost now, as planned.
-- 48 kB (estimated)
-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for
-- writers that are under way
-- in your application: Read the kept sums instead of the table: they are exact at every moment. Let a
-- timer call the function that makes changed days anew every minute; drop them before a column that
-- they are of is changed.

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
drop trigger note_vapi_calls_by_day_truncate on public.vapi_calls;
drop trigger note_vapi_calls_by_day_delete on public.vapi_calls;
drop trigger note_vapi_calls_by_day_update on public.vapi_calls;
drop trigger note_vapi_calls_by_day_insert on public.vapi_calls;
drop function public.refresh_vapi_calls_by_day();
drop function public.note_vapi_calls_by_day();
drop table public.vapi_calls_by_day_log;
drop table public.vapi_calls_by_day;
commit;
