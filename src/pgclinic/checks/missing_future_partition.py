"""The newest partition ends soon, and there is none for the rows that come after.

What it sees:
    Tables partitioned by range of a date or timestamp, whose newest bound is past, or nearer than `near` of that
    partition's width, while rows are written to it. Not those with a partition up to MAXVALUE, nor archives: nothing is
    written to them, or their end is past by more than that width, which somebody would have noticed. Past is a warning,
    near a notice.

Why it matters:
    A row for which there is no partition is refused with an error; where there is a default partition it lands in
    there, and has to be moved out before the right partition can be made.

What to do:
    Create the next partitions now, several ahead, and let a job do it from now on (pg_partman with pg_cron, or a
    timer of the application).
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.clock import seconds_between
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.sql.partitions import key_of, range_of

FAMILY = "partitions"
NEEDS = ("relations", "columns", "table_counters")
_TIMES = ("date", "timestamp")


def needs_values(snapshot: Snapshot) -> bool:
    """Bounds are values, which ``--no-values`` leaves out."""
    return any(relation.kind == "p" and _is_by_time(snapshot, relation) for relation in snapshot.relations)


def examine(snapshot: Snapshot, *, near: float = 0.1) -> Iterator[Finding]:
    """Tables that run out of partitions, in the order of the catalog."""
    parted = [relation for relation in snapshot.relations if relation.kind == "p" and _is_by_time(snapshot, relation)]
    for table in parted:
        newest = _newest(snapshot, table)
        if newest is None or not _written(snapshot, newest[0]):
            continue
        partition, low, high = newest
        left, width = seconds_between(snapshot.header.clock, high), seconds_between(low, high)
        if not -width <= left <= near * width:
            continue
        yield Finding(
            check="missing_future_partition",
            severity=Severity.WARNING if left <= 0 else Severity.NOTICE,
            object=table_object(table),
            summary="The newest partition of {table} ended at {end}, and rows were written to it."
            if left <= 0
            else "The newest partition of {table} ends at {end}, in {left}, and none follows.",
            advice="Create the next partitions of {table}, and let a job do it ahead of time.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("newest", str(partition.relation_name), Unit.TEXT),
                Fact("end", high, Unit.TEXT),
                Fact("left", left, Unit.SECONDS),
            ),
            burden=1 / len(parted),
        )


def _is_by_time(snapshot: Snapshot, table: Relation) -> bool:
    key = key_of(table.partition_key or "")
    if key is None or key.strategy != "range" or not key.is_plain:
        return False
    columns = snapshot.columns_of.get(table.oid, ())
    return any(column.name == key.columns[0] and column.type.startswith(_TIMES) for column in columns)


def _newest(snapshot: Snapshot, table: Relation) -> tuple[Relation, str, str] | None:
    """The partition that ends last, with its bounds as times; None when one never ends or a bound is no time."""
    found: list[tuple[float, Relation, str, str]] = []
    for partition in snapshot.children_of.get(table.oid, ()):
        span = range_of(partition.partition_bound or "")
        if span is None:
            continue
        if span.high is None:
            return None
        low, high = (_moment(bound) for bound in (span.low or span.high, span.high))
        try:
            seconds_between(low, high)
            end = seconds_between(snapshot.header.clock, high)
        except ValueError:
            return None
        # One from MINVALUE has no width: it is never near its end, only past it.
        found.append((end, partition, low, high))
    return max(found, key=lambda one: one[0])[1:] if found else None


def _moment(bound: str) -> str:
    """A date as a moment."""
    return f"{bound} 00:00:00" if len(bound) == len("2026-01-01") else bound


def _written(snapshot: Snapshot, partition: Relation) -> bool:
    counters = snapshot.counters_of.get(partition.oid)
    if counters is not None and counters.n_tup_ins:
        return True
    return any(_written(snapshot, child) for child in snapshot.children_of.get(partition.oid, ()))
