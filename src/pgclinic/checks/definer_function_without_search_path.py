"""A function runs with its owner's rights and looks for names where its caller says.

What it sees:
    SECURITY DEFINER functions and procedures without a search_path of their own, except those of extensions and of a
    managed service, and those whose body was parsed when they were made (`begin atomic`). It is a warning where a
    superuser owns it and roles of applications work in the database, a notice where another owns it, and mere
    information where nobody else could call it.

Why it matters:
    The caller sets search_path, and temporary tables come first in it. A table or operator of the right name, made by
    the caller, is then used with the rights of the function's owner.

What to do:
    Give the function a search_path of its own that ends with pg_temp: `alter function … set search_path = …, pg_temp`.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Function
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.privileges import application_roles
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import set_search_path
from pgclinic.sql.resolve import search_path
from pgclinic.sql.statements import UnreadableSqlError, has_parsed_body

FAMILY = "security"
NEEDS = ("functions", "roles", "relations", "schemas", "settings")
_COMPILED = {"c", "internal"}


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Functions that trust their caller, in the order of the catalog."""
    superusers = {role.name for role in snapshot.roles if role.is_superuser}
    trusting = [function for function in snapshot.functions if function.is_security_definer]
    names = [(function.schema, function.name) for function in snapshot.functions]
    for function in trusting:
        is_platform = function.schema in snapshot.platform_schemas
        if is_platform or function.language in _COMPILED or _has_own_path(function):
            continue
        callers = sorted(application_roles(snapshot) - {function.owner})
        is_alone = names.count((function.schema, function.name)) == 1
        yield Finding(
            check="definer_function_without_search_path",
            severity=Severity(bool(callers) * (1 + (function.owner in superusers))),
            object=ObjectName("procedure" if function.kind == "p" else "function", function.name, function.schema),
            summary="{function} runs with the rights of {owner}, and looks for names where its caller says.",
            advice="Give {function} a search_path of its own: {path}.",
            facts=(
                Fact("function", _spelled(function), Unit.TEXT),
                Fact("owner", function.owner, Unit.TEXT),
                Fact("path", ", ".join(_path(snapshot, function)), Unit.TEXT),
                Fact("callers", ", ".join(callers), Unit.TEXT),
            ),
            burden=1 / len(trusting),
            remedy=set_search_path.remedy(function, _path(snapshot, function)) if is_alone else None,
        )


def _has_own_path(function: Function) -> bool:
    if any(setting.partition("=")[0] == "search_path" for setting in function.settings):
        return True
    try:
        return function.sql is not None and has_parsed_body(function.sql)
    except UnreadableSqlError:
        return False


def _path(snapshot: Snapshot, function: Function) -> list[str]:
    """Where it finds its names today, as far as that does not hang on who calls, and the temporary schema last."""
    existing = {schema.name for schema in snapshot.schemas}
    usual = [schema for schema in search_path(snapshot, "") if schema in existing]
    return [*dict.fromkeys(["pg_catalog", *usual, function.schema]), "pg_temp"]


def _spelled(function: Function) -> str:
    return function.name if function.schema == "public" else f"{function.schema}.{function.name}"
