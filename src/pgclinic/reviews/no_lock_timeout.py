"""A statement waits for a heavy lock as long as it takes.

What it sees:
    The first statement that takes a lock which stops writes, or all statements, on a table that was there before,
    while lock_timeout is 0.

Why it matters:
    The lock itself may be held for an instant; but it is waited for behind every open transaction on the table, and
    everyone who comes later waits behind it. One forgotten session is enough to stop the application.

What to do:
    Set lock_timeout to a few seconds at the beginning, and try again when it strikes.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.locks import BLOCKS_WRITES, in_sql
from pgclinic.model.review import Migration, Objection
from pgclinic.model.tables import known_rows, table_object


def examine(migration: Migration, *, min_rows: int = 1_000) -> Iterator[Objection]:
    """At most one objection a file."""
    told: set[str] = set()
    for step in migration.steps:
        place = step.statement.place
        if place.file in told or step.trace.timeout_ms:
            continue
        for lock in step.trace.locks:
            relation = migration.source.relation_by_oid.get(lock.relation)
            if relation is None or relation.kind not in "rpm" or lock.mode not in BLOCKS_WRITES:
                continue
            if known_rows(migration.source, relation) < min_rows:
                continue
            told.add(place.file)
            yield Objection(
                place=place,
                finding=Finding(
                    check="no_lock_timeout",
                    severity=Severity.NOTICE,
                    object=table_object(relation),
                    summary="It waits for {lock} on {table} without a limit, and everyone else waits behind it.",
                    advice="Begin the file with: set lock_timeout = '2s'.",
                    facts=(
                        Fact("lock", in_sql(lock.mode), Unit.TEXT),
                        Fact("table", str(relation.relation_name), Unit.TEXT),
                    ),
                ),
            )
            break
