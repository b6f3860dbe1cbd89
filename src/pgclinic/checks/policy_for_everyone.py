"""Policies ask inside for a role that they could name with TO.

What it sees:
    Tables with at least `min_rows` rows under row-level security that have permissive policies for all roles (`public`)
    whose condition compares a function or the current role, and no column, with the name of a role that exists here:
    `auth.role() = 'service_role'`, `current_user = 'reporting'`. Mere information, because the name may stand in a
    token while the database role is another.

Why it matters:
    Every role gets the condition into each of its statements, and most learn for each row again that it is not meant.
    With `to service_role` the planner leaves it out for all others.

What to do:
    Name the role (`alter policy … to service_role`) where the application really becomes that role. Where the name
    only stands in a token or a setting while the database role is another, keep the condition.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Policy
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, table_object
from pgclinic.sql.expressions import texts_compared_without_columns
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "policies"
NEEDS = ("policies", "roles")


def examine(snapshot: Snapshot, *, min_rows: int = 1_000) -> Iterator[Finding]:
    """Tables whose policies could name their role, in the order of the catalog."""
    roles = frozenset(role.name for role in snapshot.roles)
    all_rows = sum(known_rows(snapshot, relation) for relation in snapshot.relations if relation.kind == "r")
    for table in snapshot.relations:
        rows = known_rows(snapshot, table)
        if not table.row_security or rows < min_rows:
            continue
        asking = {policy.name: _asked_for(policy) & roles for policy in snapshot.policies_of.get(table.oid, ())}
        asking = {name: named for name, named in asking.items() if named}
        if not asking:
            continue
        yield Finding(
            check="policy_for_everyone",
            severity=Severity.INFO,
            object=table_object(table),
            summary="Policies of {table} hold for every role and ask inside whether it is {roles}.",
            advice="Say for whom each is (TO {roles}) if the application really becomes that role.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("roles", ", ".join(sorted(frozenset().union(*asking.values()))), Unit.TEXT),
                Fact("names", ", ".join(asking), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
            ),
            burden=rows / max(rows, all_rows),
        )


def _asked_for(policy: Policy) -> frozenset[str]:
    """Words that the policy, if it is for everyone, compares with something that is the same for all rows."""
    found: frozenset[str] = frozenset()
    for expression in (policy.using, policy.with_check) if policy.is_permissive and "public" in policy.roles else ():
        try:
            found |= texts_compared_without_columns(expression) if expression else frozenset()
        except UnreadableSqlError:
            continue
    return found
