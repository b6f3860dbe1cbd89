-- Sums of vapi_calls are asked for 1,804 times a day, and 1,669 rows change between two of them: kept
-- by triggers they are exact, and cost 0.1 % of what they cost now, as planned.
-- 168 kB (estimated)
-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for
-- writers that are under way
-- in your application: Read the kept sums instead of the table: they are exact at every moment. Let a
-- timer call the function that folds their differences every minute; drop them before a column that
-- they are of is changed.

set local lock_timeout = '500ms';
set local statement_timeout = 0;
create table public.vapi_calls_by_day_priority as select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from public.vapi_calls group by 1, 2 with no data;
create table public.vapi_calls_by_day_priority_changes as select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from public.vapi_calls group by 1, 2 with no data;
alter table public.vapi_calls_by_day_priority_changes set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index on public.vapi_calls_by_day_priority (day, priority);
create view public.vapi_calls_by_day_priority_now as select day, priority, rows, rows_status_completed, sum_duration, count_duration from public.vapi_calls_by_day_priority union all select day, priority, rows, rows_status_completed, sum_duration, count_duration from public.vapi_calls_by_day_priority_changes;
revoke all on public.vapi_calls_by_day_priority, public.vapi_calls_by_day_priority_changes, public.vapi_calls_by_day_priority_now from public, authenticated, service_role;
create function public.note_vapi_calls_by_day_priority() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into public.vapi_calls_by_day_priority_changes (day, priority, rows, rows_status_completed, sum_duration, count_duration) select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from new_rows group by 1, 2 having pg_catalog.count(*) > 0;
    when 'DELETE' then
        insert into public.vapi_calls_by_day_priority_changes (day, priority, rows, rows_status_completed, sum_duration, count_duration) select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, -pg_catalog.count(*) as rows, -pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, -pg_catalog.sum(duration) as sum_duration, -pg_catalog.count(duration) as count_duration from old_rows group by 1, 2 having pg_catalog.count(*) > 0;
    when 'UPDATE' then
        insert into public.vapi_calls_by_day_priority_changes (day, priority, rows, rows_status_completed, sum_duration, count_duration)
        select day, priority, pg_catalog.sum(rows), pg_catalog.sum(rows_status_completed), pg_catalog.sum(sum_duration), pg_catalog.sum(count_duration) from (select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from new_rows group by 1, 2 having pg_catalog.count(*) > 0 union all select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, -pg_catalog.count(*) as rows, -pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, -pg_catalog.sum(duration) as sum_duration, -pg_catalog.count(duration) as count_duration from old_rows group by 1, 2 having pg_catalog.count(*) > 0) as cells group by day, priority having coalesce(pg_catalog.sum(rows), 0) <> 0 or coalesce(pg_catalog.sum(rows_status_completed), 0) <> 0 or coalesce(pg_catalog.sum(sum_duration), 0) <> 0 or coalesce(pg_catalog.sum(count_duration), 0) <> 0;
    when 'TRUNCATE' then
        -- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day_priority', 0));
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            delete from public.vapi_calls_by_day_priority_changes;
            delete from public.vapi_calls_by_day_priority;
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table public.vapi_calls_by_day_priority_changes, public.vapi_calls_by_day_priority in access exclusive mode nowait;
            truncate public.vapi_calls_by_day_priority_changes, public.vapi_calls_by_day_priority;
        end if;
    end case;
    return null;
end
$function$;
create function public.fold_vapi_calls_by_day_priority() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
declare
    moved bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day_priority', 0)) then
        return 0;
    end if;
    with taken as (
        delete from public.vapi_calls_by_day_priority_changes returning day, priority, rows, rows_status_completed, sum_duration, count_duration
    ), before as (
        delete from public.vapi_calls_by_day_priority as cells using (select distinct day, priority from taken) as touched where cells.day = touched.day and cells.priority = touched.priority returning cells.day, cells.priority, cells.rows, cells.rows_status_completed, cells.sum_duration, cells.count_duration
    ),
    unknown as (
        delete from public.vapi_calls_by_day_priority as cells using (select distinct day, priority from taken) as touched where (touched.day is null or touched.priority is null) and (cells.day = touched.day or cells.day is null and touched.day is null) and (cells.priority = touched.priority or cells.priority is null and touched.priority is null) returning cells.day, cells.priority, cells.rows, cells.rows_status_completed, cells.sum_duration, cells.count_duration
    ), written as (
        insert into public.vapi_calls_by_day_priority (day, priority, rows, rows_status_completed, sum_duration, count_duration)
        select day, priority, pg_catalog.sum(rows), pg_catalog.sum(rows_status_completed), pg_catalog.sum(sum_duration), pg_catalog.sum(count_duration) from (select day, priority, rows, rows_status_completed, sum_duration, count_duration from taken union all select day, priority, rows, rows_status_completed, sum_duration, count_duration from before union all select day, priority, rows, rows_status_completed, sum_duration, count_duration from unknown) as cells group by day, priority having coalesce(pg_catalog.sum(rows), 0) <> 0 or coalesce(pg_catalog.sum(rows_status_completed), 0) <> 0 or coalesce(pg_catalog.sum(sum_duration), 0) <> 0 or coalesce(pg_catalog.sum(count_duration), 0) <> 0
    )
    select pg_catalog.count(*) into moved from taken;
    return moved;
end
$function$;
revoke all on function public.fold_vapi_calls_by_day_priority() from public;
create trigger note_vapi_calls_by_day_priority_insert after insert on public.vapi_calls referencing new table as new_rows for each statement execute function public.note_vapi_calls_by_day_priority();
create trigger note_vapi_calls_by_day_priority_update after update on public.vapi_calls referencing old table as old_rows new table as new_rows for each statement execute function public.note_vapi_calls_by_day_priority();
create trigger note_vapi_calls_by_day_priority_delete after delete on public.vapi_calls referencing old table as old_rows for each statement execute function public.note_vapi_calls_by_day_priority();
create trigger note_vapi_calls_by_day_priority_truncate after truncate on public.vapi_calls for each statement execute function public.note_vapi_calls_by_day_priority();
