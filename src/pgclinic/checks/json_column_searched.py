"""Rows are searched by what is inside a json column, which is parsed anew for each of them.

What it sees:
    Columns of type json (not jsonb) of tables with at least `min_rows` rows, inside of which statements look in a
    WHERE, a join, an ORDER BY or a GROUP BY, that together take at least `min_share` of all time. Columns with an
    index on an expression over them are left alone: what is searched was taken out of the json before. So are columns
    that are only stored and read as a whole, which json is made for.

Why it matters:
    json is kept as the text that was sent. Each `->>` parses the whole text again; jsonb is kept taken apart, and can
    have a GIN index that finds rows by any key in it.

What to do:
    Make the column jsonb, if nobody needs its white space, its order of keys and keys that occur twice.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.shape import RelationUse
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sql.asked import asked
from pgclinic.sql.expressions import named_columns
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "schema"
NEEDS = ("columns", "indexes", "statements")
_NOTABLE_SHARE = 0.001
"""Of all time that a statement must take to be looked into: a thousand statements at most."""


def examine(snapshot: Snapshot, *, min_rows: int = 1_000, min_share: float = 0.01) -> Iterator[Finding]:
    """Columns that should be jsonb, in the order of the catalog."""
    stored = {
        (relation.relation_name, column.name): relation
        for column in snapshot.columns
        if column.type == "json" and (relation := snapshot.relation_by_oid.get(column.relation))
        if relation.kind in {"r", "p", "m"} and known_rows(snapshot, relation) >= min_rows
        if not any(_looks_into(index, column.name) for index in snapshot.indexes_of.get(relation.oid, ()))
    }
    searching = _shares(snapshot, {name for name, _ in stored}) if stored else {}
    for (name, column), relation in stored.items():
        share = searching.get((name, column), 0.0)
        if share < min_share:
            continue
        yield Finding(
            check="json_column_searched",
            severity=Severity.NOTICE,
            object=ObjectName("column", column, name.schema, name.name),
            summary="Statements that take {share} of all time search inside of {column} of {table}, which is json.",
            advice="Make {column} jsonb, which is not parsed for each row.",
            facts=(
                Fact("column", column, Unit.TEXT),
                Fact("table", str(name), Unit.TEXT),
                Fact("share", share, Unit.RATIO),
                Fact("rows", known_rows(snapshot, relation), provenance=Provenance.ESTIMATED),
            ),
            burden=min(1.0, share),
        )


def _shares(snapshot: Snapshot, tables: set[RelationName]) -> dict[tuple[RelationName, str], float]:
    """Share of the time of the statements that look into each column of some tables."""
    shares: dict[tuple[RelationName, str], float] = {}
    for statement in asked(snapshot):
        if statement.share < _NOTABLE_SHARE:
            break
        uses = statement.reading.shape.uses if statement.reading else ()
        for place in {(use.relation, column) for use in uses if use.relation in tables for column in _searched(use)}:
            shares[place] = shares.get(place, 0.0) + statement.share
    return shares


def _searched(use: RelationUse) -> frozenset[str]:
    """Columns that rows are found or ordered by; of json, that must be inside an expression, or a test for null."""
    return use.compared - {condition.operand for condition in use.conditions if condition.is_column}


def _looks_into(index: Index, column: str) -> bool:
    return any(not key.is_column and column in _named(key.expression) for key in index.definition.keys)


def _named(expression: str) -> frozenset[str]:
    try:
        return named_columns(expression) or frozenset()
    except UnreadableSqlError:
        return frozenset()
