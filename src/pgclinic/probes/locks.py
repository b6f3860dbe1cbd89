"""On which relations would a function that opens them wait now?

Somebody holds ACCESS EXCLUSIVE on them, or stands in the queue for it, behind which we would queue. Sizes of a table
also open its TOAST and indexes, an index's its table, and a view's definition all that the view reads.
"""

from pgclinic.probes.query import Query

QUERY = Query("""
with taken as (
    select distinct l.relation as oid
    from pg_catalog.pg_locks l
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
      and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
      and l.pid <> pg_catalog.pg_backend_pid()),
touched as (
    select oid from taken
    union
    select i.indrelid from taken join pg_catalog.pg_index i on i.indexrelid = taken.oid
    union
    select i.indexrelid from taken join pg_catalog.pg_index i on i.indrelid = taken.oid
    union
    select c.oid from taken join pg_catalog.pg_class c on c.reltoastrelid = taken.oid
    union
    select c.oid
    from taken
    join pg_catalog.pg_index i on i.indexrelid = taken.oid
    join pg_catalog.pg_class c on c.reltoastrelid = i.indrelid
    union
    select r.ev_class
    from taken
    join pg_catalog.pg_depend d
        on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = taken.oid
       and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite r on r.oid = d.objid)
select c.oid, n.nspname as schema, c.relname as name, c.relkind::text as kind
from touched
join pg_catalog.pg_class c on c.oid = touched.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
order by c.oid
""")
"""One row a relation: oid, schema, name, kind."""
