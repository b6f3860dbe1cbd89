"""What one visit can ask for: what the server and its extensions have, and what must be left alone just now."""

from collections.abc import Mapping

import msgspec

from pgclinic.model.services import MARKS, Service, service_of
from pgclinic.probes.query import Query


class InstalledExtension(msgspec.Struct, frozen=True):
    """An extension of this database: the schema of its objects and its version."""

    schema: str
    version: str


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What this server has, this visitor may call, and this visit was asked to leave out.

    ``clock`` is the server's ``now()``, the beginning of the visit's transaction, ISO 8601 in UTC.
    ``columns`` by relation name, of pg_catalog and of extensions; ``functions`` are those whose name begins with
    ``pg_`` or that belong to an extension, and that the visitor may execute. ``locked`` are oids of relations on
    which functions that open them would wait. ``counts_statements`` says whether the library of pg_stat_statements
    is loaded, ``counts_times`` whether that of pg_stat_monitor is; without it an extension's views only raise errors.
    ``marks`` are those of managed services,
    ``schemas`` the names of all schemas. ``helpers`` are the functions of ``pgclinic prepare`` in schema pgclinic
    that this visitor may execute and that run as their owner. ``values`` is False when no value of the user's data
    may be read. ``mentioned`` are the bare names of relations and views that statements name, once that is known.
    """

    clock: str = ""
    visitor: str = ""
    is_superuser: bool = False
    in_recovery: bool = False
    counts_statements: bool = True
    counts_times: bool = False
    columns: Mapping[str, frozenset[str]] = {}
    functions: frozenset[str] = frozenset()
    extensions: Mapping[str, InstalledExtension] = {}
    marks: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    helpers: frozenset[str] = frozenset()
    locked: tuple[int, ...] = ()
    values: bool = True
    mentioned: frozenset[str] = frozenset()

    @property
    def service(self) -> Service | None:
        """The managed service that this server is of."""
        return service_of(self.marks)

    @property
    def locked_array(self) -> str:
        """``locked`` as the text of an oid[]."""
        return "{" + ",".join(map(str, self.locked)) + "}"

    def has(self, relation: str, column: str) -> bool:
        """Whether a catalog, system view or extension's view has this column."""
        return column in self.columns.get(relation, ())

    def column(self, relation: str, *names: str, default: str = "null") -> str:
        """The first of ``names`` that the relation has, else the SQL ``default``: columns get renamed over time."""
        return next((name for name in names if self.has(relation, name)), default)


QUERY = Query(
    """
select pg_catalog.now() as clock,
       current_user::text as visitor,
       (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as is_superuser,
       pg_catalog.pg_is_in_recovery() as in_recovery,
       pg_catalog.current_setting('pg_stat_statements.max', true) is not null as counts_statements,
       pg_catalog.current_setting('pg_stat_monitor.pgsm_bucket_time', true) is not null as counts_times,
       (select pg_catalog.jsonb_object_agg(found.relname, found.columns)
        from (select c.relname, pg_catalog.jsonb_agg(a.attname order by a.attnum) as columns
              from pg_catalog.pg_class c
              join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              where c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace and c.relkind in ('r', 'v')
                 or c.relkind = 'v' and exists (
                    select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      and d.objid = c.oid and d.deptype = 'e')
              group by c.oid, c.relname) found) as columns,
       (select pg_catalog.jsonb_agg(distinct p.proname)
        from pg_catalog.pg_proc p
        where (p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and pg_catalog.starts_with(p.proname, 'pg_')
               or exists (
                    select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                      and d.objid = p.oid and d.deptype = 'e'))
          and pg_catalog.has_function_privilege(p.oid, 'execute')) as functions,
       (select pg_catalog.jsonb_object_agg(e.extname, pg_catalog.jsonb_build_object(
                   'schema', n.nspname, 'version', e.extversion))
        from pg_catalog.pg_extension e
        join pg_catalog.pg_namespace n on n.oid = e.extnamespace) as extensions,
       (select pg_catalog.jsonb_agg(mark.name)
        from pg_catalog.unnest($1::text[]) mark (name)
        cross join lateral (
            select pg_catalog.split_part(mark.name, ' ', 1) as kind, pg_catalog.split_part(mark.name, ' ', 2) as name
        ) part
        where case part.kind
                  when 'role' then exists (select from pg_catalog.pg_roles r where r.rolname = part.name)
                  when 'setting' then pg_catalog.current_setting(part.name, true) is not null
                  else exists (select from pg_catalog.pg_proc p
                               where p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
                                 and p.proname = part.name) end) as marks,
       (select pg_catalog.jsonb_agg(n.nspname) from pg_catalog.pg_namespace n) as schemas,
       (select pg_catalog.jsonb_agg(p.proname)
        from pg_catalog.pg_proc p
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace and n.nspname = 'pgclinic'
        where p.prosecdef and pg_catalog.has_schema_privilege(n.oid, 'usage')
          and pg_catalog.has_function_privilege(p.oid, 'execute')) as helpers
""",
    ("{" + ",".join(f'"{mark}"' for mark in MARKS) + "}",),
)
"""One row, with the fields of Capabilities that the server answers."""
