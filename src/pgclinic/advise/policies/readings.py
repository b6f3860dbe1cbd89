"""What it costs the roles that policies bind to read a table: the plainest statement that the policies are part of."""

from collections.abc import Iterator

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.model.catalog import Relation
from pgclinic.model.plan import Asked, Plan, Question
from pgclinic.sql import quote
from pgclinic.sql.policies import policies_on

_MOST_ROLES = 8
_READS = "r"
"""The letter of SELECT among grants."""


class Reading(msgspec.Struct, frozen=True):
    """All rows of a table read by a role: planner cost before and after."""

    role: str
    before: float
    after: float


def readings_of(
    case: Case, table: Relation, before: Planner, after: Planner, *, visible: frozenset[int] = frozenset()
) -> tuple[Reading, ...]:
    """By role, in alphabetical order; ``visible`` are what-if indexes of ``after`` that it may use."""
    roles = tuple(roles_bound(case, table))
    sql = f"select pg_catalog.count(*) from {quote.relation(table.relation_name)}"
    questions = [Question(sql=sql, role=role) for role in roles]
    was = before.plan_all([Asked(each) for each in questions])
    becomes = after.plan_all([Asked(each, visible) for each in questions])
    return tuple(
        Reading(role, first.cost, second.cost)
        for role, first, second in zip(roles, was, becomes, strict=True)
        if isinstance(first, Plan) and isinstance(second, Plan)
    )


def roles_bound(case: Case, table: Relation) -> Iterator[str]:
    """Roles that read the table through policies: those of the workload, of the grants, and whom policies name."""
    snapshot = case.snapshot
    named = {role for policy in snapshot.policies_of.get(table.oid, ()) for role in policy.roles}
    granted = {grant.rpartition("=")[0] for grant in table.grants if _READS in grant.rpartition("=")[2]}
    asking = {statement.role for statement in case.workload.statements}
    known = {role.name for role in snapshot.roles if not role.name.startswith("pg_")}
    readers = known if "" in granted else (named | granted | asking) & known
    bound = [role for role in sorted(readers) if policies_on(snapshot, table, role)]
    yield from bound[:_MOST_ROLES]
