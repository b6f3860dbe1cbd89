"""A sequence will soon have no numbers left.

What it sees:
    Sequences that do not start again and that have used at least `notable_share` of their numbers, or of those that
    fit into the integer column that they fill; a warning from `heavy_share`, critical from `critical_share` on.

Why it matters:
    After the last number every insert fails, and changing the column's type then rewrites a large table while the
    application stands still.

What to do:
    Make the column bigint while there is time, with a new column that is filled in the background, and alter the
    sequence's type.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Sequence
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.integers import LARGEST
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot

FAMILY = "schema"
NEEDS = ("sequences",)


def examine(
    snapshot: Snapshot, *, notable_share: float = 0.6, heavy_share: float = 0.8, critical_share: float = 0.95
) -> Iterator[Finding]:
    """Sequences near their end, in the order of the catalog."""
    for sequence in snapshot.sequences:
        share = _used_share(snapshot, sequence)
        if share < notable_share:
            continue
        severities = (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL)
        yield Finding(
            check="sequence_near_end",
            severity=severities[(share >= heavy_share) + (share >= critical_share)],
            object=ObjectName("sequence", sequence.name, sequence.schema),
            summary="The sequence {sequence} has used {share} of its numbers.",
            advice="Make its column bigint while there is time.",
            facts=(
                Fact("sequence", sequence.name, Unit.TEXT),
                Fact("share", share, Unit.RATIO),
                Fact("last_value", sequence.last_value or 0),
                Fact("column", sequence.owner_column, Unit.TEXT),
            ),
            burden=min(share, 1),
        )


def _used_share(snapshot: Snapshot, sequence: Sequence) -> float:
    if sequence.last_value is None or sequence.is_cycling:
        return 0
    types = {column.name: column.type for column in snapshot.columns_of.get(sequence.owner_relation or 0, ())}
    limit = LARGEST.get(types.get(sequence.owner_column, ""), LARGEST["bigint"])
    lowest, highest = max(sequence.min_value, -limit - 1), min(sequence.max_value, limit)
    used = sequence.last_value - lowest if sequence.increment > 0 else highest - sequence.last_value
    return used / (highest - lowest) if highest > lowest else 1
