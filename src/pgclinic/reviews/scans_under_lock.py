"""A table is read from end to end while it is locked.

What it sees:
    Statements that read a table of the source completely on the private server while they hold a lock on it that
    stops writes, and neither write it anew nor build an index: SET NOT NULL without a constraint that proves it, a
    CHECK or FOREIGN KEY that is validated at once, ATTACH PARTITION without one. It is PostgreSQL of the same version
    that tells; how long it takes is estimated.

Why it matters:
    Writes, or all statements, wait until every row has been looked at.

What to do:
    Add the constraint NOT VALID and validate it in a transaction of its own, which stops nobody; SET NOT NULL then
    believes a validated CHECK (column is not null).
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.locks import BLOCKS_READS, BLOCKS_WRITES, in_sql
from pgclinic.model.review import Migration, Objection, Step
from pgclinic.model.tables import table_object
from pgclinic.sizes.working import reading_seconds, stored_bytes


def examine(
    migration: Migration, *, min_bytes: int = 8 << 20, min_seconds: float = 0.1, long_seconds: float = 10
) -> Iterator[Objection]:
    """One objection a statement and table."""
    for step in migration.steps:
        for oid in sorted((step.trace.scanned - step.trace.rewritten) & migration.existing):
            relation = step.before.relation_by_oid.get(oid)
            lock = step.trace.lock_on(oid)
            if relation is None or lock not in BLOCKS_WRITES or _builds_an_index(step, oid):
                continue
            size, seconds = stored_bytes(step.before, relation), reading_seconds(step.before, relation)
            if size < min_bytes and seconds < min_seconds:
                continue
            yield Objection(
                place=step.statement.place,
                finding=Finding(
                    check="scans_under_lock",
                    severity=Severity.CRITICAL if seconds >= long_seconds else Severity.WARNING,
                    object=table_object(relation),
                    summary=(
                        "{table} ({size}) is read from end to end under {lock}, about {seconds}: "
                        "nobody reads or writes it meanwhile."
                        if lock in BLOCKS_READS
                        else "{table} ({size}) is read from end to end under {lock}, about {seconds}: "
                        "nobody writes it meanwhile."
                    ),
                    advice="Add the constraint NOT VALID, and validate it in a transaction of its own.",
                    facts=(
                        Fact("table", str(relation.relation_name), Unit.TEXT),
                        Fact("size", size, Unit.BYTES),
                        Fact("seconds", seconds, Unit.SECONDS, Provenance.ESTIMATED),
                        Fact("lock", in_sql(lock), Unit.TEXT),
                    ),
                ),
            )


def _builds_an_index(step: Step, relation: int) -> bool:
    """Whether that is what the table was read for."""
    before = {each.oid for each in step.before.indexes_of.get(relation, ())}
    return any(each.oid not in before for each in step.after.indexes_of.get(relation, ()))
