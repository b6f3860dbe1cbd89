"""The application asks as the owner of its tables, whom their policies do not bind.

What it sees:
    Tables with policies that would hold for their owner, without FORCE ROW LEVEL SECURITY, which that owner asked at
    least `min_calls` times according to pg_stat_statements. Owners that are superusers or have BYPASSRLS are left out:
    nothing would bind them. Where roles that the policies bind ask the table too, the owner is taken for the part of
    the application that is meant to see everything, and it is mere information.

Why it matters:
    Row-level security does not apply to a table's owner. The policies look as if they kept customers apart, while
    the only role that asks sees everybody's rows.

What to do:
    Give the application a role of its own that owns nothing. Or force row-level security on the table, after testing
    that the application sets what its policies look at.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.privileges import is_bound, unbound_roles
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.sql.narrowing import table_references
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "policies"
NEEDS = ("policies", "relations", "roles", "statements")


def examine(snapshot: Snapshot, *, min_calls: int = 1_000) -> Iterator[Finding]:
    """Tables whose owner goes past their policies, in the order of the catalog."""
    unbound = unbound_roles(snapshot)
    guarded = [
        table
        for table in snapshot.relations
        if table.row_security and not table.force_row_security and table.owner not in unbound
        if any({"public", table.owner} & set(policy.roles) for policy in snapshot.policies_of.get(table.oid, ()))
    ]
    calls = _calls(snapshot, guarded)
    for table in guarded:
        by_role = calls.get(table.relation_name, {})
        by_owner = by_role.get(table.owner, 0)
        if by_owner < min_calls:
            continue
        others = sum(count for role, count in by_role.items() if is_bound(snapshot, table, role))
        yield Finding(
            check="row_security_not_forced",
            severity=Severity.INFO if others else Severity.NOTICE,
            object=table_object(table),
            summary="{owner} owns {table} and asked it {calls} times: its policies do not bind their owner.",
            advice="Let the application ask as a role that does not own {table}, or force row-level security on it.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("owner", table.owner, Unit.TEXT),
                Fact("calls", by_owner),
                Fact("calls_of_others", others),
            ),
            burden=by_owner / sum(by_role.values()),
        )


def _calls(snapshot: Snapshot, tables: list[Relation]) -> dict[RelationName, dict[str, int]]:
    """Calls of statements that read or change each of the tables, by role."""
    calls: dict[RelationName, dict[str, int]] = {table.relation_name: {} for table in tables}
    names = {table.name for table in tables}
    resolvers = {role: resolver_of(snapshot, role) for role in {statement.role for statement in snapshot.statements}}
    for statement in snapshot.statements:
        if not any(name.lower() in statement.text.lower() for name in names):
            continue
        try:
            references = table_references(statement.text)
        except UnreadableSqlError:
            continue
        named = {(each.schema, each.name) for each in references if each.name in names}
        found = {resolvers[statement.role](*each) for each in named}
        for name in {relation.name for relation in found if relation is not None} & set(calls):
            calls[name][statement.role] = calls[name].get(statement.role, 0) + statement.calls
    return calls
