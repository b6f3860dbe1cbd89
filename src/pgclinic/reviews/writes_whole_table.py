"""One statement changes a great part of a large table.

What it sees:
    UPDATE and DELETE of many rows of a table that was there before. How many is the planner's word for the statement,
    on a twin with the table's statistics; how long it takes and how much room the old row versions take is estimated.

Why it matters:
    The rows stay locked until it is through, replicas fall behind, and the table is bloated by as many dead rows, which
    VACUUM cannot take away while it runs.

What to do:
    Change the rows in batches of some thousands, each in a transaction of its own, with a pause for VACUUM.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.review import Migration, Objection
from pgclinic.model.tables import known_rows, table_object
from pgclinic.sizes.working import changing_seconds, row_bytes
from pgclinic.sql.resolve import resolver_of


def examine(migration: Migration, *, many_rows: float = 20_000, large_share: float = 0.05) -> Iterator[Objection]:
    """One objection a statement."""
    planned = dict(migration.trial.rows)
    for step in migration.steps:
        rows = planned.get(step.statement.place, 0.0)
        deed = step.statement.deed
        found = resolver_of(step.before)(deed.table.schema, deed.table.name)
        now = step.before.relation_by_name.get(found.name) if found else None
        table = migration.source.relation_by_oid.get(now.oid) if now else None
        if table is None or rows < many_rows or rows < large_share * known_rows(migration.source, table):
            continue
        dead = rows * row_bytes(table)
        yield Objection(
            place=step.statement.place,
            finding=Finding(
                check="writes_whole_table",
                severity=Severity.WARNING,
                object=table_object(table),
                summary="It changes {rows} of {all} rows of {table} at once, about {seconds}, and leaves {dead} dead.",
                advice="Change them in batches of some thousands, each in a transaction of its own.",
                facts=(
                    Fact("rows", round(rows), provenance=Provenance.PLANNED),
                    Fact("all", round(known_rows(migration.source, table)), provenance=Provenance.ESTIMATED),
                    Fact("table", str(table.relation_name), Unit.TEXT),
                    Fact(
                        "seconds", changing_seconds(migration.source, table, rows), Unit.SECONDS, Provenance.ESTIMATED
                    ),
                    Fact("dead", round(dead), Unit.BYTES, Provenance.ESTIMATED),
                ),
            ),
        )
