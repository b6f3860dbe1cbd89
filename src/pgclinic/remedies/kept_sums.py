"""What both kinds of exact sums have in common: a table of cells, and triggers that note whatever changes their table.

A statement trigger is called once for all rows of a statement, with the rows as they were and as they are (transition
tables; PostgreSQL documentation, "Trigger Behavior").
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Hazard, Prescription, Risk, Statement, When
from pgclinic.sql import quote
from pgclinic.sql.summaries import Summary

_TRANSITIONS = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
    "truncate": "",
}
"""What the triggers hand to their function."""


class KeptSums(msgspec.Struct, frozen=True, kw_only=True):
    """Names of what is made, all in one schema: ``cells`` is a table, ``note`` the function that triggers call.

    The triggers' names begin with that of ``note``. ``readers`` are roles that may read the sums, ``strangers`` those
    that may have got rights by default.
    """

    summary: Summary
    schema: str
    cells: str
    note: str
    readers: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()

    def quoted(self, name: str) -> str:
        """One of the names as SQL."""
        return quote.relation(RelationName(self.schema, name))


def sums_kept(
    sums: KeptSums,
    *,
    kind: str,
    reason: str,
    made: Iterable[Statement],
    backfill: Statement,
    unmade: Iterable[Statement],
    size_bytes: int,
) -> Prescription:
    """The cure that makes, fills and keeps the sums; gains, mappings and the reason's facts are its adviser's.

    The triggers come after what is ``made``, then the ``backfill`` in a transaction of its own; ``unmade`` is the way
    back from what was made.
    """
    table = sums.summary.table
    return Prescription(
        kind=kind,
        object=ObjectName("table", sums.cells, schema=sums.schema),
        table=ObjectName("table", table.name, schema=table.schema),
        reason=reason,
        do=(
            *made,
            *triggers(table, RelationName(sums.schema, sums.note)),
            backfill,
            Statement(sql=f"analyze {sums.quoted(sums.cells)}"),
        ),
        undo=(*drop_triggers(table, sums.note), *unmade),
        verify=have_triggers(table, sums.note),
        hazards=(
            Hazard.TAKES_DISK,
            Hazard.SLOWS_WRITES,
            Hazard.READS_WHOLE_TABLE,
            Hazard.NEEDS_EXCLUSIVE_LOCK,
            Hazard.CHANGES_APPLICATION,
        ),
        size_bytes=size_bytes,
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )


def triggers(table: RelationName, note: RelationName) -> Iterator[Statement]:
    """Statement triggers that call a function of this name for whatever changes the table."""
    for kind, transition in _TRANSITIONS.items():
        referencing = f" referencing {transition}" if transition else ""
        yield Statement(
            sql=f"create trigger {quote.identifier(f'{note.name}_{kind}')} after {kind} on {quote.relation(table)}"
            f"{referencing} for each statement execute function {quote.relation(note)}()",
            lock="SHARE ROW EXCLUSIVE",
            blocks="writes to {table}, for an instant: the statement waits for writers that are under way",
            table=str(table),
        )


def drop_triggers(table: RelationName, note: str) -> Iterator[Statement]:
    """The way back from ``triggers``."""
    for kind in reversed(_TRANSITIONS):
        yield Statement(
            sql=f"drop trigger {quote.identifier(f'{note}_{kind}')} on {quote.relation(table)}",
            lock="ACCESS EXCLUSIVE",
            blocks="everything on {table}, for an instant",
            table=str(table),
        )


def have_triggers(table: RelationName, note: str) -> str:
    """A query with whether the table has them all."""
    names = ", ".join(quote.literal(f"{note}_{kind}") for kind in _TRANSITIONS)
    return (
        f"select pg_catalog.count(*) = {len(_TRANSITIONS)} from pg_catalog.pg_trigger as t"
        " join pg_catalog.pg_class as c on c.oid = t.tgrelid"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        f" where n.nspname = {quote.literal(table.schema)} and c.relname = {quote.literal(table.name)}"
        f" and t.tgname in ({names})"
    )


def emptied(key: str, tables: Sequence[str]) -> str:
    """What a trigger does when the table is truncated, in PL/pgSQL; ``key`` is the lock of who else takes rows away."""
    deletes = "\n            ".join(f"delete from {table};" for table in tables)
    return f"""-- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock({key});
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            {deletes}
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table {", ".join(tables)} in access exclusive mode nowait;
            truncate {", ".join(tables)};
        end if;"""


def advisory_lock(schema: str, name: str) -> str:
    """The number of the advisory lock of those who move or take away what is kept under this name."""
    return f"pg_catalog.hashtextextended({quote.literal(f'pgclinic {schema}.{name}')}, 0)"


def columns_of(summary: Summary, qualified: str = "") -> str:
    """The columns of what is kept, comma-separated, each behind ``qualified``."""
    names = (*summary.columns, *(each.name for each in summary.measures))
    return ", ".join(f"{qualified}{quote.identifier(name)}" for name in names)


def search_path(summary: Summary) -> str:
    """Types and operators of the application may live beside its table."""
    schemas = dict.fromkeys(("pg_catalog", summary.table.schema, "pg_temp"))
    return ", ".join(map(quote.identifier, schemas))
