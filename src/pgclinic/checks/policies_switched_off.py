"""A table has policies, but row-level security is off: they protect nothing.

What it sees:
    Tables with policies of their own on which row-level security was never enabled, or was disabled again. It is a
    warning where others than the owner were granted something on the table.

Why it matters:
    PostgreSQL ignores the policies without a word. Whoever reads them believes that rows are protected that every
    role with a grant can see and change.

What to do:
    Enable row-level security on the table after testing the policies with the roles that use it, or drop them.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.privileges import granted, unbound_roles
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object

FAMILY = "policies"
NEEDS = ("policies", "relations", "roles")


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Tables whose policies sleep, in the order of the catalog."""
    unbound = unbound_roles(snapshot)
    for table in snapshot.relations:
        policies = snapshot.policies_of.get(table.oid, ())
        if not policies or table.row_security:
            continue
        others = sorted(set(granted(table.grants)) - {table.owner} - unbound)
        yield Finding(
            check="policies_switched_off",
            severity=Severity.WARNING if others else Severity.NOTICE,
            object=table_object(table),
            summary=(
                "{table} has {policies} policies, but row-level security is off: {roles} see every row."
                if others
                else "{table} has {policies} policies, but row-level security is off: they do nothing."
            ),
            advice="Enable row-level security on {table} once the policies are tested, or drop them.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("policies", len(policies)),
                Fact("names", ", ".join(policy.name for policy in policies), Unit.TEXT),
                Fact("roles", ", ".join(role or "PUBLIC" for role in others), Unit.TEXT),
            ),
            burden=len(policies) / len(snapshot.policies),
        )
