# Sums of vapi_calls by day are asked for 1,804 times a day, and 1,669 rows change between two of
# them: kept for days that rest they are exact, and cost 1.3 % of what they cost now, as planned.
# 48 kB (estimated)
# lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for
# writers that are under way
# in your application: Read the kept sums instead of the table: they are exact at every moment. Let a
# timer call the function that makes changed days anew every minute; drop them before a column that
# they are of is changed.
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0034_create_index_vapi_calls_by_day_rest_idx_2')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                "create table public.vapi_calls_by_day as select (started_at at time zone 'UTC')::date as day, pg_catalog.count(*) as rows, count(DISTINCT phone_number) as distinct_phone_number, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration, pg_catalog.count(*) filter (where priority = 'P2'::text) as rows_priority_p2_918f5d, pg_catalog.count(*) filter (where priority = 'P1'::text) as rows_priority_p1_e0dfa8, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed from public.vapi_calls where started_at is not null group by 1 having pg_catalog.count(*) > 0 with no data",
                'create index on public.vapi_calls_by_day (day)',
                'create table public.vapi_calls_by_day_log (day date not null) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)',
                'revoke all on public.vapi_calls_by_day, public.vapi_calls_by_day_log from public, authenticated, service_role',
                """create function public.note_vapi_calls_by_day() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into public.vapi_calls_by_day_log (day) select distinct day from (select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from new_rows where started_at is not null) as changed;
    when 'DELETE' then
        insert into public.vapi_calls_by_day_log (day) select distinct day from (select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from old_rows where started_at is not null) as changed;
    when 'UPDATE' then
        -- What changed nothing that is summed up leaves the day as it is.
        insert into public.vapi_calls_by_day_log (day) select distinct day from ((select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from new_rows where started_at is not null except all select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from old_rows where started_at is not null) union all (select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from old_rows where started_at is not null except all select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from new_rows where started_at is not null)) as changed;
    when 'TRUNCATE' then
        -- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day', 0));
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            delete from public.vapi_calls_by_day_log;
            delete from public.vapi_calls_by_day;
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table public.vapi_calls_by_day_log, public.vapi_calls_by_day in access exclusive mode nowait;
            truncate public.vapi_calls_by_day_log, public.vapi_calls_by_day;
        end if;
    end case;
    return null;
end
$function$""",
                """create function public.refresh_vapi_calls_by_day() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
declare
    noted bigint;
begin
    -- The table comes first for whoever truncates it, too: waiting for each other crosswise would be a deadlock.
    lock table public.vapi_calls in access share mode;
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day', 0)) then
        return 0;
    end if;
    with taken as (
        delete from public.vapi_calls_by_day_log returning day
    ), days as (
        select distinct day from taken
    ), before as (
        delete from public.vapi_calls_by_day as cells using days where cells.day = days.day
    ), written as (
        insert into public.vapi_calls_by_day (day, rows, distinct_phone_number, sum_duration, count_duration, rows_priority_p2_918f5d, rows_priority_p1_e0dfa8, rows_status_completed) select noted.day, pg_catalog.count(*) as rows, count(DISTINCT phone_number) as distinct_phone_number, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration, pg_catalog.count(*) filter (where priority = 'P2'::text) as rows_priority_p2_918f5d, pg_catalog.count(*) filter (where priority = 'P1'::text) as rows_priority_p1_e0dfa8, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed from days as noted, public.vapi_calls where (started_at at time zone 'UTC')::date = noted.day group by 1
    )
    select pg_catalog.count(*) into noted from taken;
    return noted;
end
$function$""",
                'revoke all on function public.refresh_vapi_calls_by_day() from public',
                'create trigger note_vapi_calls_by_day_insert after insert on public.vapi_calls referencing new table as new_rows for each statement execute function public.note_vapi_calls_by_day()',
                'create trigger note_vapi_calls_by_day_update after update on public.vapi_calls referencing old table as old_rows new table as new_rows for each statement execute function public.note_vapi_calls_by_day()',
                'create trigger note_vapi_calls_by_day_delete after delete on public.vapi_calls referencing old table as old_rows for each statement execute function public.note_vapi_calls_by_day()',
                'create trigger note_vapi_calls_by_day_truncate after truncate on public.vapi_calls for each statement execute function public.note_vapi_calls_by_day()',
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'drop trigger note_vapi_calls_by_day_truncate on public.vapi_calls',
                'drop trigger note_vapi_calls_by_day_delete on public.vapi_calls',
                'drop trigger note_vapi_calls_by_day_update on public.vapi_calls',
                'drop trigger note_vapi_calls_by_day_insert on public.vapi_calls',
                'drop function public.refresh_vapi_calls_by_day()',
                'drop function public.note_vapi_calls_by_day()',
                'drop table public.vapi_calls_by_day_log',
                'drop table public.vapi_calls_by_day',
            ],
        ),
    ]
