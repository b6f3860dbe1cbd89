"""A constraint was never checked against the rows that were there before it.

What it sees:
    Foreign keys and checks that were added NOT VALID and not validated since. Those that are declared NOT ENFORCED are
    left out: nothing is meant to check them. So are partitions' parts of their parent's constraint, and tables that
    are empty.

Why it matters:
    New rows are checked, old ones may break the rule, and nobody knows. The planner does not trust such a constraint,
    a restore from a dump may fail on it, and setting NOT NULL cannot lean on it.

What to do:
    Validate it. That reads the table without stopping reads or writes; if a row breaks the rule it says so and
    changes nothing.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import heap_bytes, known_rows
from pgclinic.remedies import validate_constraint

FAMILY = "schema"
NEEDS = ("constraints", "relations")
_LEFT_OPEN = "NOT VALID"
"""How pg_get_constraintdef ends for such a constraint; one that is NOT ENFORCED (18) is not validated either."""


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Constraints left open, in the order of the catalog."""
    ruled = [constraint for constraint in snapshot.constraints if constraint.kind in {"f", "c"}]
    for constraint in ruled:
        table = snapshot.relation_by_oid.get(constraint.relation)
        if constraint.is_validated or constraint.is_inherited or table is None:
            continue
        if not constraint.sql.endswith(_LEFT_OPEN) or (table.kind == "r" and not heap_bytes(snapshot, table)):
            continue
        referred = snapshot.relation_by_oid.get(constraint.references or 0)
        yield Finding(
            check="unvalidated_constraint",
            severity=Severity.NOTICE,
            object=ObjectName("constraint", constraint.name, table.schema, table.name),
            summary="The constraint {constraint} of {table} was never checked against its older rows.",
            advice="Validate {constraint}; rows that break it must be put right first.",
            facts=(
                Fact("constraint", constraint.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("rows", known_rows(snapshot, table), provenance=Provenance.ESTIMATED),
                Fact("sql", constraint.sql, Unit.TEXT),
            ),
            burden=1 / len(ruled),
            remedy=None if table.kind == "f" else validate_constraint.remedy(constraint, table, referred),
        )
