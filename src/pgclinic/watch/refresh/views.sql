create table if not exists pgclinic.view_refresh (
  view_schema pg_catalog.text not null,
  view_name pg_catalog.text not null,
  refreshed_at pg_catalog.timestamptz,
  took pg_catalog.interval not null default '0',
  changes pg_catalog.int8 not null default -1,
  files pg_catalog.int8 not null default -1,
  refreshes pg_catalog.int8 not null default 0,
  failures pg_catalog.int4 not null default 0,
  failed_at pg_catalog.timestamptz,
  error pg_catalog.text not null default '',
  primary key (view_schema, view_name)
);

create or replace function pgclinic.below_view(
  viewed pg_catalog.oid, out changes pg_catalog.int8, out files pg_catalog.int8, out rows pg_catalog.float8
) language sql stable as $function$
  -- Everything that the view reads, through other views and down to partitions. Rows written are counted since the
  -- counters began; TRUNCATE is not counted, but gives a table another file.
  with recursive below (oid) as (
    select d.refobjid
    from pg_catalog.pg_rewrite as r
    join pg_catalog.pg_depend as d
      on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> r.ev_class
    where r.ev_class = viewed
    union
    select next.oid
    from below as b
    cross join lateral (
      select d.refobjid as oid
      from pg_catalog.pg_class as c
      join pg_catalog.pg_rewrite as r on r.ev_class = c.oid
      join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> r.ev_class
      where c.oid = b.oid and c.relkind = 'v'
      union all
      select h.inhrelid from pg_catalog.pg_inherits as h where h.inhparent = b.oid
    ) as next
  )
  select
    coalesce(pg_catalog.sum(
      pg_catalog.pg_stat_get_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_tuples_updated(c.oid)
      + pg_catalog.pg_stat_get_tuples_deleted(c.oid)
    ), 0)::pg_catalog.int8,
    coalesce(pg_catalog.sum(c.relfilenode::pg_catalog.int8), 0)::pg_catalog.int8,
    coalesce(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::pg_catalog.float8
  from below as b
  join pg_catalog.pg_class as c on c.oid = b.oid
  where c.relkind in ('r', 'm')
$function$;

create or replace function pgclinic.refresh_view(
  viewed pg_catalog.regclass,
  every pg_catalog.interval default '1 hour',
  changed pg_catalog.float8 default 0.1,
  patience pg_catalog.interval default '1 minute'
) returns pg_catalog.text language plpgsql as $function$
declare
  -- Of a view that was dropped and made anew, nothing of the old one holds: what is unknown is refreshed.
  about pg_catalog.pg_class;
  home pg_catalog.text;
  last pgclinic.view_refresh;
  below record;
  began pg_catalog.timestamptz;
  quietly pg_catalog.text := '';
begin
  select c.* into about from pg_catalog.pg_class as c where c.oid = viewed and c.relkind = 'm';
  if not found then
    raise exception '% is no materialized view', viewed;
  end if;
  select n.nspname into home from pg_catalog.pg_namespace as n where n.oid = about.relnamespace;
  -- Who comes second leaves it to the first. The lock goes with the transaction, and with a session that dies.
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic refresh ' || viewed::oid, 0)) then
    return 'busy';
  end if;
  insert into pgclinic.view_refresh (view_schema, view_name) values (home, about.relname) on conflict do nothing;
  select v.* into last from pgclinic.view_refresh as v where v.view_schema = home and v.view_name = about.relname;
  if last.failures > 0 and last.failed_at + least(
    patience * pg_catalog.power(2, least(last.failures - 1, 20)), interval '6 hours'
  ) > pg_catalog.now() then
    return 'resting';
  end if;
  -- Counted before the refresh: what is committed meanwhile makes the next one due.
  select b.* into below from pgclinic.below_view(viewed) as b;
  if about.relispopulated and last.refreshed_at is not null and (
    (below.changes = last.changes and below.files = last.files)
    or (
      last.refreshed_at + every > pg_catalog.now()
      and (
        below.changes - last.changes < greatest(changed * below.rows, 1)
        -- However much changes, nine tenths of the time are for others.
        or last.refreshed_at + greatest(10 * last.took, interval '10 seconds') > pg_catalog.now()
      )
    )
  ) then
    return 'not due';
  end if;
  if about.relispopulated and exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = viewed and i.indisunique and i.indisvalid and i.indimmediate
      and i.indpred is null and i.indexprs is null
  ) then
    quietly := 'concurrently ';
  end if;
  began := pg_catalog.clock_timestamp();
  begin
    execute 'refresh materialized view ' || quietly || viewed::pg_catalog.text;
  exception
    when query_canceled or others then
      update pgclinic.view_refresh as v
      set failures = v.failures + 1, failed_at = pg_catalog.clock_timestamp(), error = sqlerrm
      where v.view_schema = home and v.view_name = about.relname;
      return 'failed: ' || sqlerrm;
  end;
  update pgclinic.view_refresh as v
  set refreshed_at = began, took = pg_catalog.clock_timestamp() - began, changes = below.changes,
    files = below.files, refreshes = v.refreshes + 1, failures = 0, failed_at = null, error = ''
  where v.view_schema = home and v.view_name = about.relname;
  return 'refreshed';
end
$function$;

revoke all on function pgclinic.below_view(pg_catalog.oid) from public;
revoke all on function pgclinic.refresh_view(
  pg_catalog.regclass, pg_catalog.interval, pg_catalog.float8, pg_catalog.interval
) from public;
