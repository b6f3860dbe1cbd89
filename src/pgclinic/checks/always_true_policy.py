"""A row-level security policy lets everyone through.

What it sees:
    Permissive policies for all roles (`public`) of a table under row-level security whose condition is true by its
    form. One that lets everyone write is a warning, and so is one that makes other policies of the table pointless; one
    that lets everyone read is mere information, because public data are common. A policy for named roles is
    how a role is given everything on purpose, and stays unmentioned.

Why it matters:
    Permissive policies are joined by OR: one that is always true overrules all others for its command, and row-level
    security protects nothing while it looks switched on.

What to do:
    Name the roles that are meant (`to service_role`), or write the condition that was meant. If the rows really
    are for everyone, say so with grants and leave row-level security off.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Policy
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.expressions import is_always_true
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "policies"
NEEDS = ("policies",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Open doors, in the order of the catalog."""
    for policy in snapshot.policies:
        table = snapshot.relation_by_oid.get(policy.relation)
        if table is None or not table.row_security or not policy.is_permissive or "public" not in policy.roles:
            continue
        if not _is_open(policy):
            continue
        overruled = [
            other.name
            for other in snapshot.policies_of[policy.relation]
            if other.is_permissive and not _is_open(other) and policy.command in {"ALL", other.command}
        ]
        yield Finding(
            check="always_true_policy",
            severity=Severity.INFO if policy.command == "SELECT" and not overruled else Severity.WARNING,
            object=ObjectName("policy", policy.name, table.schema, table.name),
            summary=(
                'The policy "{policy}" lets everyone through and makes {overruled} pointless on {table}.'
                if overruled
                else 'The policy "{policy}" lets every role through for {command} on {table}.'
            ),
            advice="Name the roles that are meant, or write the condition that was meant.",
            facts=(
                Fact("policy", policy.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("command", policy.command, Unit.TEXT),
                Fact("overruled", ", ".join(overruled), Unit.TEXT),
            ),
            burden=1 / len(snapshot.policies),
        )


def _is_open(policy: Policy) -> bool:
    """Rows are let through by USING, and what is inserted by WITH CHECK, or by USING where that stands for both."""
    condition = policy.with_check if policy.command == "INSERT" else policy.using
    try:
        return condition is not None and is_always_true(condition)
    except UnreadableSqlError:
        return False
