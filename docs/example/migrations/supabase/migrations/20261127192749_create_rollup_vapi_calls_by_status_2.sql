-- Sums of vapi_calls are asked for 1,804 times a day, and 1,669 rows change between two of them: kept
-- by triggers they are exact, and cost < 0.1 % of what they cost now, as planned.
-- 24 kB (estimated)
-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for
-- writers that are under way
-- in your application: Read the kept sums instead of the table: they are exact at every moment. Let a
-- timer call the function that folds their differences every minute; drop them before a column that
-- they are of is changed.

do $body1$
declare
  handled bigint;
begin
  loop
    execute $$
with known as (delete from public.vapi_calls_by_status_changes where not exists (select from public.vapi_calls_by_status)) insert into public.vapi_calls_by_status (status, rows) select status, pg_catalog.count(*) as rows from public.vapi_calls where not exists (select from public.vapi_calls_by_status) group by 1 having pg_catalog.count(*) > 0
$$;
    get diagnostics handled = row_count;
    commit;
    exit when handled = 0;
  end loop;
end
$body1$;
