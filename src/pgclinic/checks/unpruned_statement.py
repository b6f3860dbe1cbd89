"""A statement asks a partitioned table for a part of its rows, and has to look into every partition.

What it sees:
    SELECTs, UPDATEs and DELETEs with at least `notable_share` of all time and at least `min_calls` calls, that compare
    columns of a table with at least `min_partitions` partitions, but none of those that it is partitioned by. A
    statement without any condition on the table wants all of it.

Why it matters:
    Each partition is planned and searched, however few rows are found, under locks on all of them. With a hundred
    partitions a look-up by key costs a hundred look-ups.

What to do:
    Let the statement also say the partition key, as a range if need be. If most statements cannot, the table is
    partitioned by the wrong column.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.shape import RelationUse
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import AskedStatement, notable
from pgclinic.sql.partitions import key_of

FAMILY = "partitions"
NEEDS = ("statements", "relations")


def examine(
    snapshot: Snapshot, *, notable_share: float = 0.02, min_calls: int = 5, min_partitions: int = 4
) -> Iterator[Finding]:
    """Statements that look everywhere, the heaviest first, each once."""
    for statement in notable(snapshot, notable_share, min_calls):
        found = _unpruned(snapshot, statement, min_partitions)
        if found is None:
            continue
        name, key, partitions = found
        yield Finding(
            check="unpruned_statement",
            severity=Severity.NOTICE,
            object=statement.object,
            summary="A statement looks into all {partitions} partitions of {table}: it has no condition on {key}.",
            advice="Let the statement say {key} too, or partition {table} by what its statements ask for.",
            facts=(
                Fact("table", str(name), Unit.TEXT),
                Fact("key", ", ".join(key), Unit.TEXT),
                Fact("partitions", partitions),
                *statement.facts,
            ),
            burden=statement.share,
        )


def _unpruned(
    snapshot: Snapshot, statement: AskedStatement, min_partitions: int
) -> tuple[RelationName, tuple[str, ...], int] | None:
    reading = statement.reading
    if reading is None or statement.counted.verb == "insert":
        return None
    for use in reading.shape.uses:
        table = snapshot.relation_by_name.get(use.relation)
        key = key_of(table.partition_key or "") if table is not None and table.kind == "p" else None
        if table is None or key is None or not key.columns:
            continue
        partitions = len(snapshot.children_of.get(table.oid, ()))
        if partitions >= min_partitions and _is_narrowed(use) and not use.compared & set(key.columns):
            return use.relation, key.columns, partitions
    return None


def _is_narrowed(use: RelationUse) -> bool:
    return any(not one.is_join for one in use.conditions)
