"""A key's integer type will soon have no numbers left, although the sequence behind it has.

What it sees:
    Columns of type integer or smallint that are filled by a sequence which they do not own and which goes on beyond
    the type, or that are a primary key filled by the application with numbers that rise with the rows. A notice from
    `notable_share` of the type's numbers on, a warning from `heavy_share`, critical from `critical_share`; numbers
    known from the planner's statistics alone are never critical. Columns that own their sequence are left to
    sequence_near_end, keys whose numbers are spread without order are left alone.

Why it matters:
    After the last number every insert fails, and changing the column's type then rewrites a large table while the
    application stands still.

What to do:
    Make the column bigint while there is time, with a new column that is filled in the background; columns that refer
    to it first.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Column, Relation, Sequence
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.integers import LARGEST
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.arrays import parse_array
from pgclinic.sql.expressions import sequence_of
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "schema"
NEEDS = ("sequences", "columns", "indexes", "column_statistics")
_NARROW = {"integer", "smallint"}
_RISING = 0.9
"""Correlation of values and physical order from which on a key is taken to grow with its rows."""


def examine(
    snapshot: Snapshot, *, notable_share: float = 0.6, heavy_share: float = 0.8, critical_share: float = 0.95
) -> Iterator[Finding]:
    """Keys near their type's end, in the order of the catalog."""
    sequences = {RelationName(sequence.schema, sequence.name): sequence for sequence in snapshot.sequences}
    for column in snapshot.columns:
        table = snapshot.relation_by_oid.get(column.relation)
        if column.type not in _NARROW or table is None or table.kind not in {"r", "p"} or table.is_partition:
            continue
        sequence = sequences.get(_sequence_name(column))
        reached = _reached(snapshot, table, column, sequence)
        share = reached / LARGEST[column.type]
        if share < notable_share:
            continue
        severities = (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL)
        yield Finding(
            check="integer_key_near_end",
            severity=severities[(share >= heavy_share) + (share >= critical_share and sequence is not None)],
            object=ObjectName("column", column.name, table.schema, table.name),
            summary="{column} of {table} is {type} and has used {share} of its numbers.",
            advice="Make {column} bigint while there is time.",
            facts=(
                Fact("column", column.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("type", column.type, Unit.TEXT),
                Fact("share", share, Unit.RATIO, Provenance.MEASURED if sequence is not None else Provenance.ESTIMATED),
                Fact("reached", reached),
                Fact("sequence", sequence.name if sequence is not None else "", Unit.TEXT),
            ),
            burden=min(share, 1),
        )


def _sequence_name(column: Column) -> RelationName:
    try:
        found = sequence_of(column.default) if column.default else None
    except UnreadableSqlError:
        found = None
    return found or RelationName("", "")


def _reached(snapshot: Snapshot, table: Relation, column: Column, sequence: Sequence | None) -> int:
    """The highest number that the key has come to, 0 where another check or nobody can tell."""
    if sequence is not None:
        is_own = sequence.owner_relation == table.oid and sequence.owner_column == column.name
        goes_on = sequence.increment > 0 and sequence.max_value > LARGEST[column.type] and not sequence.is_cycling
        return sequence.last_value or 0 if goes_on and not is_own else 0
    is_key = any(
        index.is_primary and [key.expression for key in index.definition.keys] == [column.name]
        for index in snapshot.indexes_of.get(table.oid, ())
    )
    statistics = snapshot.statistics_of.get((table.oid, column.name, table.kind == "p"))
    if not is_key or column.default or column.identity or statistics is None:
        return 0
    bounds = _numbers(statistics.histogram_bounds)
    if (statistics.correlation or 0) < _RISING or len(bounds) < 3 or bounds[0] < 0:  # noqa: PLR2004 - two ends, a middle
        return 0
    # The last bound may be a lone number of somebody's test.
    return bounds[-2]


def _numbers(array: str | None) -> list[int]:
    try:
        return [int(value) for value in parse_array(array or "{}") if value is not None]
    except ValueError:
        return []
