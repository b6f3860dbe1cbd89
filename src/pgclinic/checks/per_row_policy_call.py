"""A row-level security policy calls a function for every row although the answer is the same for all of them.

What it sees:
    Calls in USING and WITH CHECK that take no column as an argument and stand in no sub-select, of functions that are
    STABLE (a user's own, or PostgreSQL's current_setting), on tables of at least `min_rows` rows. Immutable functions
    are computed once anyway, and volatile ones may mean to differ. From `many_rows` rows it is a warning. A call that
    only rows newly written are checked by is mere information.

Why it matters:
    PostgreSQL calls the function again for each row that a statement looks at, before its own conditions are tried. A
    scan of 300,000 rows pays 300,000 calls.

What to do:
    Write `(select f())` in place of `f()`. It becomes an InitPlan: computed once per statement, same rows seen.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sql.expressions import FunctionCall, calls_outside_subselects
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.volatility import volatility_of

FAMILY = "policies"
NEEDS = ("policies", "functions")


def examine(snapshot: Snapshot, *, min_rows: int = 1_000, many_rows: int = 10_000) -> Iterator[Finding]:
    """Policies that compute the same again and again, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, relation) for relation in snapshot.relations if relation.kind == "r")
    for policy in snapshot.policies:
        table = snapshot.relation_by_oid.get(policy.relation)
        if table is None or not table.row_security:
            continue
        rows = known_rows(snapshot, table)
        reading = [call for call in _calls(policy.using) if volatility_of(snapshot, call) == "s"]
        calls = reading or [call for call in _calls(policy.with_check) if volatility_of(snapshot, call) == "s"]
        if rows < min_rows or not calls:
            continue
        yield Finding(
            check="per_row_policy_call",
            severity=Severity(bool(reading) * (1 + (rows >= many_rows))),
            object=ObjectName("policy", policy.name, table.schema, table.name),
            summary=(
                'The policy "{policy}" calls {calls} for every row of {table}, which has {rows}.'
                if reading
                else 'The policy "{policy}" calls {calls} for every row that is written to {table}.'
            ),
            advice="Write (select …) around the call, so that it is made once per statement.",
            facts=(
                Fact("policy", policy.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("calls", ", ".join(str(call) for call in calls), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("using", policy.using or "", Unit.TEXT),
                Fact("with_check", policy.with_check or "", Unit.TEXT),
            ),
            burden=rows / all_rows,
        )


def _calls(expression: str | None) -> tuple[FunctionCall, ...]:
    try:
        return calls_outside_subselects(expression) if expression else ()
    except UnreadableSqlError:
        return ()
