"""An index is built while nobody may write to its table.

What it sees:
    Statements that build an index, for its own sake or for a key, on a table that was there before, under a lock
    that stops writes. How long it takes is estimated from rows, bytes and the kind of index.

Why it matters:
    Every INSERT, UPDATE and DELETE on the table waits until the index is there.

What to do:
    CREATE INDEX CONCURRENTLY outside of a transaction; for a key, build a unique index so first, and add the
    constraint USING INDEX.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.locks import BLOCKS_WRITES, in_sql
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection, Step
from pgclinic.sizes import build_seconds
from pgclinic.sizes.working import stored_bytes


def examine(
    migration: Migration, *, min_bytes: int = 8 << 20, min_seconds: float = 0.1, long_seconds: float = 10
) -> Iterator[Objection]:
    """One objection an index."""
    for step in migration.steps:
        for index in _built(migration, step):
            relation = step.before.relation_by_oid[index.relation]
            lock = step.trace.lock_on(index.relation)
            if lock not in BLOCKS_WRITES or index.relation in step.trace.rewritten:
                continue
            seconds = build_seconds(step.before, relation, index.definition)
            if stored_bytes(step.before, relation) < min_bytes and seconds < min_seconds:
                continue
            yield Objection(
                place=step.statement.place,
                finding=Finding(
                    check="builds_index_under_lock",
                    severity=Severity.CRITICAL if seconds >= long_seconds else Severity.WARNING,
                    object=ObjectName("index", index.name, index.schema),
                    summary=(
                        "{index} is built on {table} ({size}) under {lock}, about {seconds}: nobody writes meanwhile."
                    ),
                    advice=(
                        "Build a unique index concurrently first, and add the constraint using it."
                        if index.constraint
                        else "Create the index concurrently, outside of a transaction."
                    ),
                    facts=(
                        Fact("index", index.name, Unit.TEXT),
                        Fact("table", str(relation.relation_name), Unit.TEXT),
                        Fact("size", stored_bytes(step.before, relation), Unit.BYTES),
                        Fact("seconds", seconds, Unit.SECONDS, Provenance.ESTIMATED),
                        Fact("lock", in_sql(lock), Unit.TEXT),
                    ),
                ),
            )


def _built(migration: Migration, step: Step) -> Iterator[Index]:
    """Indexes that are new after the step, for which it read their table."""
    was = step.before.index_by_oid
    for oid, index in step.after.index_by_oid.items():
        if oid in was or index.relation not in migration.existing or index.parent is not None:
            continue
        if index.relation in step.before.relation_by_oid and step.trace.scanned:
            yield index
