"""Tables stand in one FROM with nothing that joins them: every row meets every row.

What it sees:
    SELECTs where tables of at least `min_rows` rows each are listed with commas or joined, and no condition, not even
    through a third one, says which row of one belongs to which of the other. Not: an explicit CROSS JOIN or `on true`,
    which is meant; a table of which a unique key picks one row; sub-selects, functions and VALUES. Only statements
    with at least `notable_share` of all time; from `heavy_share` on it is a warning.

Why it matters:
    Ten thousand rows beside ten thousand rows are a hundred million. DISTINCT or a sum over them hides the mistake from
    the eye, and gives wrong sums besides.

What to do:
    Write the missing condition, with `join … on`, where it cannot be forgotten. If every pair is really wanted, say
    `cross join`.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sql.asked import notable
from pgclinic.sql.cross_joins import Source, unjoined
from pgclinic.sql.resolve import resolver_of

FAMILY = "statements"
NEEDS = ("statements", "relations", "indexes")


def examine(
    snapshot: Snapshot, *, min_rows: int = 1_000, notable_share: float = 0.01, heavy_share: float = 0.05
) -> Iterator[Finding]:
    """Statements with a cross product that nobody wrote, the heaviest first."""
    for statement in notable(snapshot, notable_share):
        if statement.reading is None:
            continue
        groups = unjoined(statement.reading.tree, resolver_of(snapshot, statement.counted.role))
        largest = [_largest(snapshot, group) for group in groups]
        names = [name for rows, name in largest if rows >= min_rows]
        if len(names) < 2:  # noqa: PLR2004 - one table has nothing to be joined with
            continue
        yield Finding(
            check="missing_join_predicate",
            severity=Severity.WARNING if statement.share >= heavy_share else Severity.NOTICE,
            object=statement.object,
            summary="A statement combines every row of {first} with every row of {second}: nothing joins them.",
            advice="Write the condition that joins them, or cross join where every pair is wanted.",
            facts=(Fact("first", names[0], Unit.TEXT), Fact("second", names[1], Unit.TEXT), *statement.facts),
            burden=statement.share,
        )


def _largest(snapshot: Snapshot, group: tuple[Source, ...]) -> tuple[float, str]:
    """Of a group of joined tables, the rows and the name of the largest; none when a unique key picks one row."""
    found = [(0.0, "")]
    for source in group:
        table = snapshot.relation_by_name.get(source.relation)
        if table is None:
            continue
        unique = (
            {key.expression for key in index.definition.keys}
            for index in snapshot.indexes_of.get(table.oid, ())
            if index.definition.is_unique and not index.definition.predicate
        )
        if any(keys <= source.fixed for keys in unique):
            return 0.0, ""
        found.append((known_rows(snapshot, table), str(source.relation)))
    return max(found)
