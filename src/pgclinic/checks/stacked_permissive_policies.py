"""Several permissive policies of a table must be tried for the same command and role.

What it sees:
    Tables of at least `min_rows` rows under row-level security where two or more permissive policies apply to one role
    (or to everyone) for one command. A stack with a policy that is true by its form costs nothing and is left to
    always_true_policy; roles that row-level security does not bind are left out.

Why it matters:
    PostgreSQL joins them by OR and evaluates them one after the other on each row until one is true; the planner can
    use an index for such an OR only rarely. And whoever reads one of them does not know what is allowed.

What to do:
    Merge them into one policy per command, or name the role that each is meant for, so that only one applies.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Policy
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, table_object
from pgclinic.sql.expressions import is_always_true
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "policies"
NEEDS = ("policies",)
_COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def examine(snapshot: Snapshot, *, min_rows: int = 1_000) -> Iterator[Finding]:
    """Tables with stacked policies, in the order of the catalog."""
    unbound = frozenset(role.name for role in snapshot.roles if role.is_superuser or role.bypasses_rls)
    all_rows = sum(known_rows(snapshot, relation) for relation in snapshot.relations if relation.kind == "r")
    for table in snapshot.relations:
        policies = snapshot.policies_of.get(table.oid, ())
        rows = known_rows(snapshot, table)
        if not table.row_security or rows < min_rows:
            continue
        stacks = {command: _highest_stack(policies, command, unbound) for command in _COMMANDS}
        stacked = {command: stack for command, stack in stacks.items() if len(stack) > 1}
        if not stacked:
            continue
        names = sorted({policy.name for stack in stacked.values() for policy in stack})
        yield Finding(
            check="stacked_permissive_policies",
            severity=Severity.NOTICE,
            object=table_object(table),
            summary="{policies} permissive policies of {table} apply at once for {commands}.",
            advice="Merge them into one policy per command, or name the role that each is meant for.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("policies", len(names)),
                Fact("names", ", ".join(names), Unit.TEXT),
                Fact("commands", ", ".join(stacked), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
            ),
            burden=rows / max(all_rows, rows),
        )


def _highest_stack(policies: tuple[Policy, ...], command: str, unbound: frozenset[str]) -> tuple[Policy, ...]:
    """The most permissive policies that apply to one role for a command."""
    applying = [policy for policy in policies if policy.is_permissive and policy.command in {"ALL", command}]
    roles = sorted({role for policy in applying for role in policy.roles} - unbound)
    stacks = [tuple(policy for policy in applying if {role, "public"} & set(policy.roles)) for role in roles]
    return max((stack for stack in stacks if not any(_is_open(policy) for policy in stack)), key=len, default=())


def _is_open(policy: Policy) -> bool:
    """The planner turns ``true or …`` into ``true`` and evaluates nothing."""
    try:
        return policy.using is not None and is_always_true(policy.using)
    except UnreadableSqlError:
        return False
