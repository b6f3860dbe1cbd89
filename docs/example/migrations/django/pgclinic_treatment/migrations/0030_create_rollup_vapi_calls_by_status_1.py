# Sums of vapi_calls are asked for 1,804 times a day, and 1,669 rows change between two of them: kept
# by triggers they are exact, and cost < 0.1 % of what they cost now, as planned.
# 24 kB (estimated)
# lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for
# writers that are under way
# in your application: Read the kept sums instead of the table: they are exact at every moment. Let a
# timer call the function that folds their differences every minute; drop them before a column that
# they are of is changed.
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0029_create_rollup_vapi_calls_by_day_priority_3')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'create table public.vapi_calls_by_status as select status, pg_catalog.count(*) as rows from public.vapi_calls group by 1 with no data',
                'create table public.vapi_calls_by_status_changes as select status, pg_catalog.count(*) as rows from public.vapi_calls group by 1 with no data',
                'alter table public.vapi_calls_by_status_changes set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)',
                'create index on public.vapi_calls_by_status (status)',
                'create view public.vapi_calls_by_status_now as select status, rows from public.vapi_calls_by_status union all select status, rows from public.vapi_calls_by_status_changes',
                'revoke all on public.vapi_calls_by_status, public.vapi_calls_by_status_changes, public.vapi_calls_by_status_now from public, authenticated, service_role',
                """create function public.note_vapi_calls_by_status() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into public.vapi_calls_by_status_changes (status, rows) select status, pg_catalog.count(*) as rows from new_rows group by 1 having pg_catalog.count(*) > 0;
    when 'DELETE' then
        insert into public.vapi_calls_by_status_changes (status, rows) select status, -pg_catalog.count(*) as rows from old_rows group by 1 having pg_catalog.count(*) > 0;
    when 'UPDATE' then
        insert into public.vapi_calls_by_status_changes (status, rows)
        select status, pg_catalog.sum(rows) from (select status, pg_catalog.count(*) as rows from new_rows group by 1 having pg_catalog.count(*) > 0 union all select status, -pg_catalog.count(*) as rows from old_rows group by 1 having pg_catalog.count(*) > 0) as cells group by status having coalesce(pg_catalog.sum(rows), 0) <> 0;
    when 'TRUNCATE' then
        -- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_status', 0));
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            delete from public.vapi_calls_by_status_changes;
            delete from public.vapi_calls_by_status;
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table public.vapi_calls_by_status_changes, public.vapi_calls_by_status in access exclusive mode nowait;
            truncate public.vapi_calls_by_status_changes, public.vapi_calls_by_status;
        end if;
    end case;
    return null;
end
$function$""",
                """create function public.fold_vapi_calls_by_status() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
declare
    moved bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_status', 0)) then
        return 0;
    end if;
    with taken as (
        delete from public.vapi_calls_by_status_changes returning status, rows
    ), before as (
        delete from public.vapi_calls_by_status as cells using (select distinct status from taken) as touched where cells.status = touched.status returning cells.status, cells.rows
    ),
    unknown as (
        delete from public.vapi_calls_by_status as cells using (select distinct status from taken) as touched where (touched.status is null) and (cells.status = touched.status or cells.status is null and touched.status is null) returning cells.status, cells.rows
    ), written as (
        insert into public.vapi_calls_by_status (status, rows)
        select status, pg_catalog.sum(rows) from (select status, rows from taken union all select status, rows from before union all select status, rows from unknown) as cells group by status having coalesce(pg_catalog.sum(rows), 0) <> 0
    )
    select pg_catalog.count(*) into moved from taken;
    return moved;
end
$function$""",
                'revoke all on function public.fold_vapi_calls_by_status() from public',
                'create trigger note_vapi_calls_by_status_insert after insert on public.vapi_calls referencing new table as new_rows for each statement execute function public.note_vapi_calls_by_status()',
                'create trigger note_vapi_calls_by_status_update after update on public.vapi_calls referencing old table as old_rows new table as new_rows for each statement execute function public.note_vapi_calls_by_status()',
                'create trigger note_vapi_calls_by_status_delete after delete on public.vapi_calls referencing old table as old_rows for each statement execute function public.note_vapi_calls_by_status()',
                'create trigger note_vapi_calls_by_status_truncate after truncate on public.vapi_calls for each statement execute function public.note_vapi_calls_by_status()',
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'drop trigger note_vapi_calls_by_status_truncate on public.vapi_calls',
                'drop trigger note_vapi_calls_by_status_delete on public.vapi_calls',
                'drop trigger note_vapi_calls_by_status_update on public.vapi_calls',
                'drop trigger note_vapi_calls_by_status_insert on public.vapi_calls',
                'drop function public.fold_vapi_calls_by_status()',
                'drop function public.note_vapi_calls_by_status()',
                'drop view public.vapi_calls_by_status_now',
                'drop table public.vapi_calls_by_status_changes',
                'drop table public.vapi_calls_by_status',
            ],
        ),
    ]
