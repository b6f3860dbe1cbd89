"""The journal as it is read: by whoever treats, takes back, or only asks how things stand."""

from typing import Any

import msgspec
import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Prescription
from pgclinic.model.treatment import JournalEntry, State
from pgclinic.postgres.connect import APPLICATION_NAME

TABLE = "pgclinic.journal"

ADDED = {
    "note": ("pg_catalog.text", "''"),
    "steps": ("pg_catalog.int4", "0"),
    "undone": ("pg_catalog.int4", "0"),
    "rows": ("pg_catalog.int8", "0"),
    "longest_wait_ms": ("pg_catalog.float8", "0"),
    "costs": ("pg_catalog.jsonb", "'{}'"),
}
"""Columns with their type and default that a journal of the first version lacks."""

COLUMNS = """
select attname from pg_catalog.pg_attribute
where attrelid = 'pgclinic.journal'::pg_catalog.regclass and attnum > 0 and not attisdropped
order by attnum
"""

_OWNERS = """
select distinct roles.rolname
from pg_catalog.pg_roles as roles
where not roles.rolsuper
  and roles.oid <> (select oid from pg_catalog.pg_roles where rolname = current_user)
  and roles.oid in (
    select nspowner from pg_catalog.pg_namespace where nspname = 'pgclinic'
    union all
    select class.relowner
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where namespace.nspname = 'pgclinic'
  )
order by roles.rolname
"""

_ROWS = """
select treatment, position, prescription::pg_catalog.text, state, started_at::pg_catalog.text,
       ended_at::pg_catalog.text, error, note, steps, undone, rows, longest_wait_ms, applied_by,
       costs::pg_catalog.text
from {table}
order by number
"""


_AT_WORK = f"""
select journal.fingerprint, activity.pid
from {TABLE} as journal
join pg_catalog.pg_stat_activity as activity on activity.pid = journal.worker_pid
where journal.state in ('started', 'undoing')
  and activity.datname = pg_catalog.current_database()
  and activity.application_name = %s
  and coalesce(activity.backend_start = journal.worker_started_at, true)
order by journal.number
"""


def is_journalled(connection: psycopg.Connection) -> bool:
    """Whether the database has a journal. Raises UserError when it belongs to somebody whom it need not obey.

    Whoever owns the table can put triggers on it that run as us.
    """
    row = connection.execute("select pg_catalog.to_regclass('pgclinic.journal') is not null").fetchone()
    owners = [name for (name,) in connection.execute(_OWNERS).fetchall()]
    if owners:
        raise UserError(
            f"Schema pgclinic belongs to {owners[0]}, whose triggers would run with your rights; connect as "
            f"{owners[0]}, or have the schema's owner changed to your role."
        )
    return bool(row and row[0])


def entries_of(connection: psycopg.Connection) -> list[JournalEntry]:
    """The journal's entries, in the order in which they were planned; none where there is no journal."""
    if not is_journalled(connection):
        return []
    try:
        rows = connection.execute(_rows_query(connection)).fetchall()
    except psycopg.errors.InsufficientPrivilege as error:
        raise UserError(
            f"The journal in schema pgclinic cannot be read ({error.diag.message_primary}); connect as its owner."
        ) from error
    return [_entry(row) for row in rows]


def workers_of(connection: psycopg.Connection) -> list[tuple[str, int]]:
    """The server processes that work for entries of the journal right now: fingerprint and pid."""
    return connection.execute(_AT_WORK, [APPLICATION_NAME]).fetchall()


def _rows_query(connection: psycopg.Connection) -> bytes:
    """The query for all entries; what a journal lacks that an earlier version made has its default."""
    present = {name for (name,) in connection.execute(COLUMNS).fetchall()}
    missing = [f"{value}::{kind} as {name}" for name, (kind, value) in ADDED.items() if name not in present]
    table = f"(select *, {', '.join(missing)} from {TABLE}) as journal" if missing else TABLE
    return _ROWS.format(table=table).encode()


def _entry(row: tuple[Any, ...]) -> JournalEntry:
    (
        treatment,
        position,
        prescription,
        state,
        started_at,
        ended_at,
        error,
        note,
        steps,
        undone,
        rows,
        longest,
        by,
        costs,
    ) = row
    try:
        return JournalEntry(
            treatment=treatment,
            position=position,
            prescription=msgspec.json.decode(prescription, type=Prescription),
            state=State(state),
            started_at=started_at,
            ended_at=ended_at,
            error=error,
            note=note,
            steps=steps,
            undone=undone,
            rows=rows,
            longest_wait_ms=longest,
            applied_by=by,
            costs=msgspec.json.decode(costs, type=dict[str, float]),
        )
    except (msgspec.ValidationError, ValueError) as problem:
        raise UserError(
            f"The journal in schema pgclinic has an entry that this version cannot read ({problem}); "
            "use the version of pgclinic that wrote it."
        ) from problem
