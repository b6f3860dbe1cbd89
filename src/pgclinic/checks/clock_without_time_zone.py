"""A moment is stored without its time zone and filled by the clock of whoever inserts.

What it sees:
    Tables with columns of type `timestamp` (without time zone) whose default is the present moment: `now()`,
    CURRENT_TIMESTAMP, LOCALTIMESTAMP. One that is converted on purpose, `now() at time zone 'utc'`, is left alone.
    Mere information: where every session has the same TimeZone nothing goes wrong.

Why it matters:
    The moment is turned into the local time of the session that inserts, and which zone that was is forgotten. Two
    sessions with different settings, or an hour that the clocks go through twice, give wrong orders and wrong
    intervals.

What to do:
    Use `timestamptz`, which takes the same eight bytes; `using … at time zone 'utc'` says what the old values meant.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Column
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.sizes.types import bare
from pgclinic.sql.expressions import is_clock
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "schema"
NEEDS = ("columns", "relations")


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Tables with such columns, in the order of the catalog."""
    tables = [relation for relation in snapshot.relations if relation.kind in {"r", "p"} and not relation.is_partition]
    for table in tables:
        columns = [column.name for column in snapshot.columns_of.get(table.oid, ()) if _loses_its_zone(column)]
        if not columns:
            continue
        yield Finding(
            check="clock_without_time_zone",
            severity=Severity.INFO,
            object=table_object(table),
            summary="{table} keeps the local time of whoever inserts in {columns}, without saying which zone that was.",
            advice="Use timestamptz for moments.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("columns", ", ".join(columns), Unit.TEXT),
            ),
            burden=1 / len(tables),
        )


def _loses_its_zone(column: Column) -> bool:
    if bare(column.type) != "timestamp without time zone" or not column.default or column.generated:
        return False
    try:
        return is_clock(column.default)
    except UnreadableSqlError:
        return False
