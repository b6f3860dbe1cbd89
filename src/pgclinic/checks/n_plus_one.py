"""One statement lists rows, and another one is then sent for each of them.

What it sees:
    A SELECT on one table by a single key, returning at most `few_rows` rows a call and called at least `min_calls`
    times, with at least `notable_share` of the time or the calls, beside a listing that has returned as many rows as
    there were such calls, give or take `apart` of them, at least `min_listed` rows at a time, and that reads a table
    which the key's column refers to, is referred to by, or shares its name and type with; not by a column that the
    listing itself compares with one value, because then all of its rows have the same. From `many_calls` of all
    calls, or `heavy_share` of all time, it is a warning.

Why it matters:
    A page of a hundred rows waits for a hundred and one round trips, each with its network, its planning and its turn
    for a connection, where one would do. The grade weighs the mean of the statement's shares of the time and of the
    calls.

What to do:
    Ask once for all keys: a join, `where key = any ($1)` with an array, the object-relational mapper's eager loading,
    or a DataLoader that collects the keys of a moment.
"""

from collections.abc import Iterator, Sequence

from pgclinic.model.catalog import Column, Constraint, Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.shape import RelationUse
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import AskedStatement, asked
from pgclinic.sql.clauses import aggregates

FAMILY = "statements"
NEEDS = ("statements", "columns", "constraints")


def examine(
    snapshot: Snapshot,
    *,
    min_calls: int = 500,
    few_rows: float = 5,
    min_listed: int = 5,
    apart: float = 0.1,
    notable_share: float = 0.001,
    many_calls: float = 0.1,
    heavy_share: float = 0.05,
) -> Iterator[Finding]:
    """Look-ups that follow a listing, the heaviest first."""
    listings = [one for one in asked(snapshot) if one.counted.verb == "select" and one.rows_per_call >= min_listed]
    for child in asked(snapshot):
        if child.counted.calls < min_calls or child.rows_per_call > few_rows:
            continue
        if max(child.share, child.calls_share) < notable_share:
            continue
        key = _single_key(child)
        parent = _parent_of(snapshot, child, key, listings, apart) if key else None
        if key is None or parent is None:
            continue
        is_heavy = child.calls_share >= many_calls or child.share >= heavy_share
        yield Finding(
            check="n_plus_one",
            severity=Severity.WARNING if is_heavy else Severity.NOTICE,
            object=child.object,
            summary="{table} is asked by {key} once for each row that another statement lists: {calls} calls.",
            advice="Ask {table} once for all keys of a listing: a join, or {key} = any ($1).",
            facts=(
                Fact("table", str(key[0]), Unit.TEXT),
                Fact("key", key[1], Unit.TEXT),
                *child.facts,
                Fact("calls_share", child.calls_share, Unit.RATIO),
                Fact("listing", parent.counted.fingerprint, Unit.TEXT),
                Fact("listing_text", parent.counted.text, Unit.TEXT),
                Fact("rows_per_listing", parent.rows_per_call),
            ),
            burden=(child.share + child.calls_share) / 2,
        )


def _is_listing(statement: AskedStatement) -> bool:
    reading = statement.reading
    return reading is not None and bool(reading.shape.uses) and not aggregates(reading.tree)


def _single_key(statement: AskedStatement) -> tuple[RelationName, str] | None:
    """The table and column of a look-up whose only condition compares a column with a value."""
    reading = statement.reading
    if reading is None or statement.counted.verb != "select" or len(reading.shape.uses) != 1 or reading.shape.changes:
        return None
    use = reading.shape.uses[0]
    if len(use.conditions) != 1 or aggregates(reading.tree):
        return None
    condition = use.conditions[0]
    is_key = condition.is_column and condition.operator == "=" and condition.parameter and not condition.is_list
    return (use.relation, condition.operand) if is_key else None


def _parent_of(
    snapshot: Snapshot,
    child: AskedStatement,
    key: tuple[RelationName, str],
    listings: Sequence[AskedStatement],
    apart: float,
) -> AskedStatement | None:
    """The listing whose rows are as many as the look-ups: the one that fits best."""
    fitting = [
        one
        for one in listings
        if one.counted.calls < child.counted.calls
        and abs(one.counted.rows - child.counted.calls) <= apart * child.counted.calls
        and _is_listing(one)
        and _hands_on(snapshot, one, key)
    ]
    calls = child.counted.calls
    return min(fitting, key=lambda one: (abs(one.counted.rows - calls), one.counted.fingerprint), default=None)


def _hands_on(snapshot: Snapshot, listing: AskedStatement, key: tuple[RelationName, str]) -> bool:
    """Whether a listing reads a column that the key could be taken from, and not the looked-up table itself."""
    assert listing.reading is not None
    table = snapshot.relation_by_name.get(key[0])
    uses = listing.reading.shape.uses
    if table is None or any(use.relation == key[0] for use in uses):
        return False
    return any(
        other is not None and _are_linked(snapshot, table, key[1], other, column)
        for use in uses
        for other in (snapshot.relation_by_name.get(use.relation),)
        for column in sorted(use.columns - _pinned(use))
    )


def _pinned(use: RelationUse) -> set[str]:
    """Columns that are the same in every row that is listed."""
    compared = [condition for condition in use.conditions if condition.is_column and condition.parameter]
    return {condition.operand for condition in compared if condition.operator == "=" and not condition.is_list}


def _are_linked(snapshot: Snapshot, table: Relation, key: str, other: Relation, column: str) -> bool:
    if _refers(snapshot.constraints_of.get(table.oid, ()), key, other, column):
        return True
    if _refers(snapshot.constraints_of.get(other.oid, ()), column, table, key):
        return True
    if key != column or (_is_primary(snapshot, table, key) and _is_primary(snapshot, other, column)):
        return False
    mine, theirs = _column(snapshot, table, key), _column(snapshot, other, column)
    return mine is not None and theirs is not None and mine.type == theirs.type


def _is_primary(snapshot: Snapshot, table: Relation, column: str) -> bool:
    """Two primary keys of one name (``id``) tell nothing of each other."""
    return any(one.kind == "p" and one.columns == (column,) for one in snapshot.constraints_of.get(table.oid, ()))


def _refers(constraints: Sequence[Constraint], column: str, to: Relation, there: str) -> bool:
    return any(
        one.kind == "f"
        and one.references == to.oid
        and (column, there) in zip(one.columns, one.referenced_columns, strict=False)
        for one in constraints
    )


def _column(snapshot: Snapshot, table: Relation, name: str) -> Column | None:
    return next((each for each in snapshot.columns_of.get(table.oid, ()) if each.name == name), None)
