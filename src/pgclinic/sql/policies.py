"""Which conditions row-level security adds to a role's statements (documentation, "Row Security Policies")."""

from pgclinic.model.catalog import Relation
from pgclinic.model.names import RelationName
from pgclinic.model.shape import Condition
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.sql.shape import shape_of
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.tree import expression_of

_READING = frozenset({"ALL", "SELECT"})


def policies_on(snapshot: Snapshot, relation: Relation, role: str) -> tuple[tuple[str, ...], ...]:
    """Conditions as SQL over the table's columns; of each inner tuple one must hold.

    The permissive policies together are one, each restrictive policy one of its own. None for the table's owner, a
    superuser and whoever bypasses row-level security. An empty ``role`` is the owner.
    """
    if not relation.row_security or not role or (role == relation.owner and not relation.force_row_security):
        return ()
    who = next((each for each in snapshot.roles if each.name == role), None)
    if who is not None and (who.is_superuser or who.bypasses_rls):
        return ()
    names = {role, "public", *(who.member_of if who else ())}
    policies = [
        policy
        for policy in snapshot.policies_of.get(relation.oid, ())
        if policy.using and policy.command in _READING and (names & set(policy.roles) or not policy.roles)
    ]
    permissive = tuple(policy.using for policy in policies if policy.using and policy.is_permissive)
    restrictive = tuple((policy.using,) for policy in policies if policy.using and not policy.is_permissive)
    return ((permissive,) if permissive else ()) + restrictive


def conditions_in(table: CatalogRelation, expression: str) -> tuple[Condition, ...]:
    """What a policy's expression compares of its table, as if it were a statement's WHERE.

    Raises UnreadableSqlError for what is not an expression.
    """
    expression_of(expression)
    sql = f"select from {quote.relation(table.name)} where ({expression}\n)"
    uses = shape_of(sql, lambda schema, name: table if RelationName(schema, name) == table.name else None).uses
    return tuple(condition for use in uses for condition in use.conditions)
