"""A table is under row-level security and has no policy, so that nobody but its owner sees a row.

What it sees:
    Tables with row-level security switched on and no policy at all. It is a notice where roles that it binds were
    granted something on the table, because their statements silently find nothing; otherwise it is mere information.
    A table that was also granted to a role that row-level security does not bind is taken for one that only this role
    is meant to use, and is information too.

Why it matters:
    Without a policy every row is refused. A SELECT comes back empty and an UPDATE changes nothing, both without an
    error, and only the owner and superusers see that there is something.

What to do:
    Write the policy that is missing. If the table is meant for its owner alone, revoke what was granted to others.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.privileges import PUBLIC, granted, is_bound, unbound_roles
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object

FAMILY = "policies"
NEEDS = ("policies", "relations", "roles")


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Closed tables, in the order of the catalog."""
    guarded = [relation for relation in snapshot.relations if relation.row_security]
    unbound = unbound_roles(snapshot)
    for table in guarded:
        if snapshot.policies_of.get(table.oid):
            continue
        grantees = set(granted(table.grants)) - {table.owner}
        refused = sorted(role for role in grantees if role != PUBLIC and is_bound(snapshot, table, role))
        names = [*(["PUBLIC"] if PUBLIC in grantees else []), *refused]
        is_surprising = bool(names) and not grantees & unbound
        yield Finding(
            check="row_security_without_policy",
            severity=Severity.NOTICE if is_surprising else Severity.INFO,
            object=table_object(table),
            summary=(
                "{table} was granted to {roles}, but has row-level security and no policy: they see no row of it."
                if names
                else "{table} has row-level security and no policy: only its owner {owner} sees its rows."
            ),
            advice=(
                "Write a policy for {roles}, or revoke what was granted on {table}."
                if names
                else "Nothing to do if only {owner} is meant to use {table}."
            ),
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("owner", table.owner, Unit.TEXT),
                Fact("roles", ", ".join(names), Unit.TEXT),
            ),
            burden=1 / len(guarded),
        )
