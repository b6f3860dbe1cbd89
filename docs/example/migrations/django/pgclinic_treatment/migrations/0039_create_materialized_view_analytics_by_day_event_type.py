# Sums of analytics are asked for 1,504 times a day, and 0 rows change between two of them: kept, they
# cost 1.4 % of what they cost now, as planned.
# 184 kB (estimated)
# lock: ACCESS SHARE; blocks schema changes on analytics while it is read once; reads and writes go on
# in your application: Read the kept sums instead of the table, and let a timer call their function
# often: it refreshes them when they are due. What was written since the last refresh is missing in
# them.
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0038_create_index_analytics_by_day_event_type_rest_idx')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                "create materialized view public.analytics_by_day_event_type as select pg_catalog.date_trunc('day', created_at, 'UTC') as day, event_type, pg_catalog.count(*) as rows from public.analytics group by 1, 2 order by 1, 2 with data",
                'create unique index analytics_by_day_event_type_key on public.analytics_by_day_event_type (day, event_type)',
                'analyze public.analytics_by_day_event_type',
                'revoke all on public.analytics_by_day_event_type from public, authenticated, service_role',
                'create table public.analytics_by_day_event_type_state (refreshed_at timestamptz not null, changes bigint not null)',
                'revoke all on public.analytics_by_day_event_type_state from public, authenticated, service_role',
                "insert into public.analytics_by_day_event_type_state (refreshed_at, changes) select pg_catalog.now(), (select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(part.oid) + pg_catalog.pg_stat_get_tuples_updated(part.oid) + pg_catalog.pg_stat_get_tuples_deleted(part.oid)), 0)::bigint from (select 'public.analytics'::pg_catalog.regclass as oid union select relid from pg_catalog.pg_partition_tree('public.analytics'::pg_catalog.regclass)) as part)",
                """create function public.refresh_analytics_by_day_event_type(due interval default '1800 seconds') returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    changed bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.analytics_by_day_event_type', 0)) then
        return false;
    end if;
    -- Counted before the refresh: what is committed meanwhile makes the next one due.
    changed := (select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(part.oid) + pg_catalog.pg_stat_get_tuples_updated(part.oid) + pg_catalog.pg_stat_get_tuples_deleted(part.oid)), 0)::bigint from (select 'public.analytics'::pg_catalog.regclass as oid union select relid from pg_catalog.pg_partition_tree('public.analytics'::pg_catalog.regclass)) as part);
    if not exists (
        select from public.analytics_by_day_event_type_state as last
        where last.refreshed_at + due <= pg_catalog.now() and last.changes <> changed
    ) then
        return false;
    end if;
    refresh materialized view concurrently public.analytics_by_day_event_type;
    update public.analytics_by_day_event_type_state set refreshed_at = pg_catalog.now(), changes = changed;
    return true;
end
$function$""",
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'drop function public.refresh_analytics_by_day_event_type(interval)',
                'drop table public.analytics_by_day_event_type_state',
                'drop materialized view public.analytics_by_day_event_type',
            ],
        ),
    ]
