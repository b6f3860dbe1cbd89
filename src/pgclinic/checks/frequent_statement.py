"""A quick statement is called so often that it takes much of the database's time.

What it sees:
    Statements with a mean below `slow_ms`, called at least `min_calls` times, that take at least `heavy_share` of all
    time. Every workload has a heaviest statement, so that alone is information. It is a notice when a SELECT reads
    nothing but tables of at most `few_rows` rows that are written a hundred times less often: then the same few answers
    are asked for again and again.

Why it matters:
    Each call costs a round trip, parsing, planning and a process's attention, however little it reads. What is quick
    alone fills the processors together, and no index makes it noticeably quicker.

What to do:
    Ask less often: keep what seldom changes in the application or a cache, ask for many keys at once, prepare the
    statement once and run it many times.
"""

from collections.abc import Iterator

from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sql.asked import AskedStatement, asked

FAMILY = "statements"
NEEDS = ("statements", "relations")
_SELDOM = 0.01


def examine(
    snapshot: Snapshot,
    *,
    slow_ms: float = 50,
    min_calls: int = 10_000,
    heavy_share: float = 0.2,
    few_rows: int = 1_000,
) -> Iterator[Finding]:
    """Statements that are heavy by their number, the heaviest first."""
    for statement in asked(snapshot):
        if statement.share < heavy_share:
            return
        if statement.counted.mean_ms >= slow_ms or statement.counted.calls < min_calls:
            continue
        is_kept = _asks_the_same_again(snapshot, statement, few_rows)
        yield Finding(
            check="frequent_statement",
            severity=Severity.NOTICE if is_kept else Severity.INFO,
            object=statement.object,
            summary="A statement of {mean} is called so often ({calls} times) that it takes {share} of all time.",
            advice="Keep its few answers in the application or in a cache."
            if is_kept
            else "See whether it has to be asked so often: many keys at once, or a cache.",
            facts=statement.facts,
            burden=statement.share,
        )


def _asks_the_same_again(snapshot: Snapshot, statement: AskedStatement, few_rows: int) -> bool:
    """Whether it only reads small tables that the workload seldom changes."""
    reading = statement.reading
    if reading is None or statement.counted.verb != "select" or not reading.shape.uses or reading.shape.changes:
        return False
    names = {use.relation for use in reading.shape.uses}
    tables = [snapshot.relation_by_name.get(name) for name in names]
    if any(table is None or known_rows(snapshot, table) > few_rows for table in tables):
        return False
    changing = sum(
        other.counted.calls
        for other in asked(snapshot)
        if other.counted.verb != "select" and other.counted.calls > _SELDOM**2 * statement.counted.calls
        if other.reading is not None and any(change.relation in names for change in other.reading.shape.changes)
    )
    return changing <= _SELDOM * statement.counted.calls
