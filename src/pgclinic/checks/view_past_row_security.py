"""A view shows a role rows that the table's own policies keep from it.

What it sees:
    Views that run with their owner's rights, whose owner row-level security does not bind (a superuser, a role with
    BYPASSRLS, or the table's owner), over a table with policies. It is a notice where a role that the policies bind
    was granted both the view and the table: asked directly, the table refuses the rows that the view hands out. Where
    the role was granted the view alone, the view is taken for a deliberate window, and it is mere information.

Why it matters:
    A view reads its tables as its owner unless it is a "security invoker" view (15 and newer). Policies that were
    written for the reader are never asked.

What to do:
    Make the view a security invoker (`alter view … set (security_invoker = true)`): the reader's own grants and
    policies then decide. Before 15, put the policy's condition into the view, or have a role own it that the
    policies bind.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.privileges import granted, is_bound
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import option, table_object
from pgclinic.sql.mentions import mentions
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "policies"
NEEDS = ("policies", "relations", "roles", "view_definitions")
_HAS_SECURITY_INVOKER = 15
_TRUE = {"true", "on", "yes", "1"}


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Views that go past policies, in the order of the catalog."""
    views = [relation for relation in snapshot.relations if relation.kind == "v"]
    for view in views:
        if option(view, "security_invoker") in _TRUE:
            continue
        passed = [table for table in _guarded(snapshot, view) if not is_bound(snapshot, table, view.owner)]
        readers = [role for role, letters in granted(view.grants).items() if "r" in letters]
        told = {table: [role for role in readers if is_bound(snapshot, table, role)] for table in passed}
        told = {table: roles for table, roles in told.items() if roles}
        if not told:
            continue
        table, roles = min(told.items(), key=lambda pair: (not _may_read(*pair), pair[0].relation_name))
        refused = _may_read(table, roles)
        yield Finding(
            check="view_past_row_security",
            severity=Severity.NOTICE if refused else Severity.INFO,
            object=table_object(view),
            summary="The view {view} shows {roles} rows of {table} without asking its policies.",
            advice=(
                "Let {view} read with the rights of whoever asks it (security_invoker)."
                if refused and snapshot.server.major >= _HAS_SECURITY_INVOKER
                else "Write the policies' conditions into {view}, or have a role own it that they bind."
                if refused
                else "Nothing to do if {view} is meant to show {roles} what the policies of {table} keep back."
            ),
            facts=(
                Fact("view", str(view.relation_name), Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("roles", ", ".join(role or "PUBLIC" for role in refused or roles), Unit.TEXT),
                Fact("owner", view.owner, Unit.TEXT),
            ),
            burden=1 / len(views),
        )


def _may_read(table: Relation, roles: list[str]) -> list[str]:
    """Those of the roles that were granted the table too."""
    letters = granted(table.grants)
    return [role for role in roles if "r" in letters.get(role, letters.get("", frozenset()))]


def _guarded(snapshot: Snapshot, view: Relation) -> Iterator[Relation]:
    """Tables under policies that the view names itself; the server deparses it with every schema written out."""
    try:
        named = mentions(view.definition).relations if view.definition else frozenset()
    except UnreadableSqlError:
        return
    for schema, name in sorted(named):
        table = snapshot.relation_by_name.get(RelationName(schema, name))
        if table is not None and table.row_security and snapshot.policies_of.get(table.oid):
            yield table
