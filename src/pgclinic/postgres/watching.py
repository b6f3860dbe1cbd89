"""The texts of statements that watching has not met before."""

from collections.abc import Collection, Iterator

import psycopg

from pgclinic.model.counters import StatementCounters
from pgclinic.model.history import StatementText
from pgclinic.probes.redaction import without_constants
from pgclinic.probes.scope import MARKER, marked
from pgclinic.probes.statements import EXTENSION
from pgclinic.sql import quote
from pgclinic.sql.confidential import publishable
from pgclinic.sql.statements import UnreadableSqlError, fingerprint, kind

_SCHEMA = marked(
    "select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace "
    f"where e.extname = '{EXTENSION}'"
)


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
            from {quote.identifier(found[0])}.pg_stat_statements(true) s
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
