"""Pages far down a list are reached by reading everything before them.

What it sees:
    SELECTs with OFFSET whose order an index gives, and that nevertheless touch at least `min_pages` pages a call and
    `pages_per_row` for each row returned: these are the rows that were skipped. Called at least `min_calls` times, with
    at least `notable_share` of all time. Without such an index it is the sort that costs.

Why it matters:
    OFFSET n reads n rows and throws them away. The tenth page costs ten times the first, and a crawler that follows
    all pages reads the square of the table.

What to do:
    Continue after the last row seen: `where (created_at, id) < ($1, $2) order by created_at desc, id desc limit 50`.
"""

from collections.abc import Iterator

from pgclinic.model.finding import Finding, Severity
from pgclinic.model.shape import RelationUse
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import notable
from pgclinic.sql.clauses import has_offset, outermost_select

FAMILY = "statements"
NEEDS = ("statements", "indexes")


def examine(
    snapshot: Snapshot,
    *,
    min_pages: int = 100,
    pages_per_row: float = 5,
    min_calls: int = 5,
    notable_share: float = 0.01,
) -> Iterator[Finding]:
    """Statements that skip much, the heaviest first."""
    for statement in notable(snapshot, notable_share, min_calls):
        pages, rows = statement.pages_per_call, statement.rows_per_call
        if pages < min_pages or pages < pages_per_row * max(rows, 1):
            continue
        reading = statement.reading
        select = outermost_select(reading.tree) if reading is not None else None
        if reading is None or select is None or not has_offset(select) or len(reading.shape.uses) != 1:
            continue
        if not _is_given_by_an_index(snapshot, reading.shape.uses[0]):
            continue
        yield Finding(
            check="deep_offset",
            severity=Severity.NOTICE,
            object=statement.object,
            summary="A statement with OFFSET touches {pages_per_call} pages to return {rows_per_call} rows.",
            advice="Continue after the last row seen, by the columns of the order, in place of OFFSET.",
            facts=statement.facts,
            burden=statement.share,
        )


def _is_given_by_an_index(snapshot: Snapshot, use: RelationUse) -> bool:
    """Whether an index begins with the order's columns, after those that are compared by equality."""
    table = snapshot.relation_by_name.get(use.relation)
    wanted = [key.column for key in use.order]
    if table is None or not wanted:
        return False
    equal = {one.column for one in use.predicates if one.operator == "=" and not one.is_list}
    for index in snapshot.indexes_of.get(table.oid, ()):
        keys = [key.expression if key.is_column else "" for key in index.definition.keys]
        while keys and keys[0] in equal and keys[0] not in wanted[:1]:
            keys.pop(0)
        if index.is_valid and index.definition.method == "btree" and keys[:1] == wanted[:1]:
            return True
    return False
