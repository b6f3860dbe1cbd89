"""The application works as a superuser.

What it sees:
    Superusers that ran at least `min_calls` statements on the database's own tables, if these are at least `min_share`
    of all such statements, according to pg_stat_statements. It is a notice where ordinary roles are there that could
    do the work; a server where nobody but superusers has anything is taken for a developer's, and it is mere
    information. Statements on catalogs, as monitoring sends them, and utility statements do not count.

Why it matters:
    No grant and no policy holds for a superuser, who also reads files of the server and runs programs on it: one
    injected statement is enough for everything. And the connections that are kept for emergencies are taken.

What to do:
    Give the application a role that owns nothing and was granted what it needs.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.privileges import application_roles
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.mentions import mentions
from pgclinic.sql.statements import UnreadableSqlError, kind

FAMILY = "security"
NEEDS = ("statements", "roles", "relations")
_NOTABLE_SHARE = 0.001
"""Of all calls that a statement must have to be looked into: a thousand statements at most."""


def examine(snapshot: Snapshot, *, min_calls: int = 10_000, min_share: float = 0.1) -> Iterator[Finding]:
    """Superusers at work, in the order of their names."""
    superusers = {role.name for role in snapshot.roles if role.is_superuser}
    others = sum(each.calls for each in snapshot.statements if each.is_toplevel and each.role not in superusers)
    calls = _calls_on_tables(snapshot, superusers)
    total = others + sum(calls.values())
    ordinary = application_roles(snapshot)
    for role, count in sorted(calls.items()):
        if count < min_calls or count < min_share * total:
            continue
        yield Finding(
            check="superuser_application",
            severity=Severity.NOTICE if ordinary else Severity.INFO,
            object=ObjectName("role", role),
            summary="The superuser {role} ran {share} of the statements on the database's tables ({calls}).",
            advice=(
                "Let the application work as a role that was granted what it needs."
                if ordinary
                else "Before others use the database, let the application work as a role that is no superuser."
            ),
            facts=(
                Fact("role", role, Unit.TEXT),
                Fact("share", count / total, Unit.RATIO),
                Fact("calls", count),
            ),
            burden=count / total,
        )


def _calls_on_tables(snapshot: Snapshot, roles: set[str]) -> dict[str, int]:
    """Calls by these roles of plain statements that name a table of the user's; rare statements are left out."""
    names = {relation.name for relation in snapshot.relations}
    notable = _NOTABLE_SHARE * sum(statement.calls for statement in snapshot.statements)
    calls: dict[str, int] = {}
    for statement in snapshot.statements:
        if statement.role in roles and statement.is_toplevel and statement.calls >= notable:
            try:
                is_plain = kind(statement.text).verb != "utility"
                named = {name for schema, name in mentions(statement.text).relations if schema != "pg_catalog"}
            except UnreadableSqlError:
                continue
            if is_plain and named & names:
                calls[statement.role] = calls.get(statement.role, 0) + statement.calls
    return calls
