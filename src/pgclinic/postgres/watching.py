"""What watching asks beside the probes: texts of statements not met before, free disk, the state of views."""

import shutil
from collections.abc import Collection, Iterator

import msgspec
import psycopg

from pgclinic.model.counters import StatementCounters
from pgclinic.model.history import StatementText
from pgclinic.model.names import RelationName
from pgclinic.postgres.looks import data_directory
from pgclinic.probes.redaction import without_constants
from pgclinic.probes.response_times import EXTENSION as TIMES_EXTENSION
from pgclinic.probes.scope import MARKER, USER_SCHEMA, marked
from pgclinic.probes.statements import EXTENSION
from pgclinic.sql import quote
from pgclinic.sql.confidential import publishable
from pgclinic.sql.statements import UnreadableSqlError, fingerprint, kind

_SCHEMA = marked(f"""
    select n.nspname, e.extname
    from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where e.extname = '{EXTENSION}' and pg_catalog.current_setting('pg_stat_statements.max', true) is not null
       or e.extname = '{TIMES_EXTENSION}' and pg_catalog.current_setting('pg_stat_monitor.pgsm_max', true) is not null
    order by e.extname desc
""")
_ENTRIES = {EXTENSION: "pg_stat_statements(true)", TIMES_EXTENSION: "pg_stat_monitor_internal(true)"}
"""Who knows texts, in the order of preference."""


_VIEWS = marked(f"""
    with recursive below (viewed, oid) as (
        select c.oid, c.oid from pg_catalog.pg_class c where c.relkind = 'm'
        union
        select b.viewed, next.oid
        from below b
        cross join lateral (
            select d.refobjid as oid
            from pg_catalog.pg_class c
            join pg_catalog.pg_rewrite r on r.ev_class = c.oid
            join pg_catalog.pg_depend d
              on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> r.ev_class
            where c.oid = b.oid and (c.relkind = 'v' or c.oid = b.viewed)
            union all
            select h.inhrelid from pg_catalog.pg_inherits h where h.inhparent = b.oid
        ) as next
    ), written (viewed, oid, changes, file) as (
        select b.viewed, c.oid,
            pg_catalog.pg_stat_get_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_tuples_updated(c.oid)
            + pg_catalog.pg_stat_get_tuples_deleted(c.oid), c.relfilenode::pg_catalog.int8
        from below b
        join pg_catalog.pg_class c on c.oid = b.oid
        where c.relkind in ('r', 'm')
    )
    select n.nspname, c.relname,
        coalesce(pg_catalog.sum(w.changes + w.file) filter (where w.oid = c.oid), 0)::pg_catalog.int8,
        coalesce(pg_catalog.sum(w.changes) filter (where w.oid <> c.oid), 0)::pg_catalog.int8,
        coalesce(pg_catalog.sum(w.file) filter (where w.oid <> c.oid), 0)::pg_catalog.int8,
        extract(epoch from pg_catalog.now())::pg_catalog.float8
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join written w on w.viewed = c.oid
    where {USER_SCHEMA}
    group by n.nspname, c.relname
    order by 1, 2
""")
_REFRESHES = marked("""
    select view_schema, view_name, extract(epoch from refreshed_at)::pg_catalog.float8, changes, files
    from pgclinic.view_refresh where refreshed_at is not null order by 1, 2
""")
_MAY_READ_REFRESHES = marked("""
    select exists (
        select from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'pgclinic' and c.relname = 'view_refresh'
            and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
    )
""")


class ViewState(msgspec.Struct, frozen=True, kw_only=True):
    """A materialized view at ``now``, in seconds from 1970.

    ``own`` moves when it is refreshed, ``changes`` and ``files`` when what it reads is written. ``refreshed_at`` with
    ``refreshed`` (changes and files then) are what ``watch --refresh`` wrote down, None where it did not.
    """

    name: RelationName
    own: int
    changes: int
    files: int
    now: float
    refreshed_at: float | None = None
    refreshed: tuple[int, int] | None = None


def view_states(connection: psycopg.Connection) -> tuple[ViewState, ...]:
    """Every materialized view, in the order of their names. Raises psycopg.Error."""
    known: dict[tuple[str, str], tuple[float, int, int]] = {}
    if connection.execute(_MAY_READ_REFRESHES).fetchone() == (True,):
        known = {(row[0], row[1]): row[2:] for row in connection.execute(_REFRESHES).fetchall()}
    found = []
    for schema, name, own, changes, files, now in connection.execute(_VIEWS).fetchall():
        last = known.get((schema, name))
        found.append(
            ViewState(
                name=RelationName(schema, name),
                own=own,
                changes=changes,
                files=files,
                now=now,
                refreshed_at=last[0] if last else None,
                refreshed=last[1:] if last else None,
            )
        )
    return tuple(found)


def disk_free(connection: psycopg.Connection) -> float | None:
    """Bytes that are free where the server's files are; None where that cannot be seen. Raises psycopg.Error."""
    directory = data_directory(connection)
    return None if directory is None else float(shutil.disk_usage(directory).free)


def texts_of(connection: psycopg.Connection, query_ids: Collection[str]) -> tuple[StatementText, ...]:
    """What the statements of these query ids say, without comments and constants; empty what may hold a secret.

    The server reads its whole file of texts to answer. Raises psycopg.Error.
    """
    found = connection.execute(_SCHEMA).fetchone()
    if found is None or not query_ids:
        return ()
    rows = connection.execute(
        marked(f"""
            select distinct s.queryid::text, coalesce(r.rolname::text, ''), s.query
            from {quote.identifier(found[0])}.{_ENTRIES[found[1]]} s
            left join pg_catalog.pg_roles r on r.oid = s.userid
            where s.dbid = (select d.oid from pg_catalog.pg_database d
                            where d.datname = pg_catalog.current_database())
              and s.queryid = any(%s::pg_catalog.int8[]) and s.query is not null
            order by 1, 2, 3
        """),
        [list(query_ids)],
    ).fetchall()
    return tuple(_read(rows))


def _read(rows: "list[psycopg.rows.TupleRow]") -> Iterator[StatementText]:
    for queryid, role, text in rows:
        is_own = text.startswith(MARKER) or text.endswith(MARKER)
        kept = publishable(text)
        if is_own or kept is None:
            yield StatementText(queryid=queryid, role=role, text="", verb="utility", is_own=is_own)
            continue
        counted = StatementCounters(queryid=queryid, role=role, text=kept, calls=0)
        bare = next((each.text for each in without_constants([counted]) if isinstance(each, StatementCounters)), "")
        try:
            yield StatementText(
                queryid=queryid, role=role, text=bare, fingerprint=fingerprint(kept), verb=kind(kept).verb
            )
        except UnreadableSqlError:
            yield StatementText(queryid=queryid, role=role, text=bare)
