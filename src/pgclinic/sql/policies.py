"""Which conditions row-level security adds to a role's statements (documentation, "Row Security Policies")."""

import postgast

from pgclinic.model.catalog import Relation
from pgclinic.model.names import RelationName
from pgclinic.model.shape import Condition
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.sql.expressions import text_constants
from pgclinic.sql.operands import without_casts
from pgclinic.sql.shape import shape_of
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.tree import Tree, expression_of, strings

_READING = frozenset({"ALL", "SELECT"})
_CURRENT_USER = frozenset({
    postgast.pg_query_pb2.SVFOP_CURRENT_USER,
    postgast.pg_query_pb2.SVFOP_CURRENT_ROLE,
    postgast.pg_query_pb2.SVFOP_USER,
})  # fmt: skip


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


def roles_asked_for(expression: str) -> frozenset[str]:
    """Roles of which ``current_user`` must be one for the condition to hold, as far as its form says; none else.

    Raises UnreadableSqlError for what is not an expression.
    """
    root = expression_of(expression)
    parts = list(root.bool_expr.args) if _is_and(root) else [root]
    return next((roles for roles in map(_current_user_in, parts) if roles), frozenset())


def _is_and(node: Tree) -> bool:
    return bool(node.WhichOneof("node") == "bool_expr" and node.bool_expr.boolop == postgast.pg_query_pb2.AND_EXPR)


def _current_user_in(node: Tree) -> frozenset[str]:
    """The names that ``current_user`` is compared with by ``=``, ``in`` or ``= any``."""
    if node.WhichOneof("node") != "a_expr" or strings(node.a_expr.name) != ("=",):
        return frozenset()
    for side, other in ((node.a_expr.lexpr, node.a_expr.rexpr), (node.a_expr.rexpr, node.a_expr.lexpr)):
        bare = without_casts(side)
        if bare.WhichOneof("node") == "sqlvalue_function" and bare.sqlvalue_function.op in _CURRENT_USER:
            return text_constants(other) or frozenset()
    return frozenset()
