"""What a statement leaves behind in its session, and so loses where sessions are shared between transactions."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, nodes, parse_one, strings

_LOCKS = frozenset(
    {"pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared"}
)
_FOLLOWED = frozenset({"client_encoding", "datestyle", "timezone", "standard_conforming_strings", "application_name"})
"""Settings that PgBouncer keeps for each client itself (its documentation, ``track_extra_parameters``)."""
_WITH_HOLD = 0x0020
"""CURSOR_OPT_HOLD in PostgreSQL's nodes/parsenodes.h."""


_ON_COMMIT_DROP = 4
"""ONCOMMIT_DROP as libpg_query numbers it."""


class SessionUse(StrEnum):
    """What outlives a transaction."""

    SET = "SET"
    LISTEN = "LISTEN"
    ADVISORY_LOCK = "advisory locks of a session"
    TEMPORARY_TABLE = "temporary tables"
    PREPARE = "PREPARE"
    HELD_CURSOR = "cursors WITH HOLD"
    LOAD = "LOAD"


def session_uses(sql: str) -> frozenset[SessionUse]:
    """What of the session this statement relies on beyond its transaction; nothing for what cannot be read."""
    try:
        tree = parse_one(sql)
    except UnreadableSqlError:
        return frozenset()
    return frozenset(_uses(tree))


def _uses(tree: Tree) -> Iterator[SessionUse]:
    statement = tree.stmts[0].stmt
    kind = statement.WhichOneof("node") or ""
    if kind in _ALWAYS:
        yield _ALWAYS[kind]
    elif kind in _SOMETIMES:
        use, is_so = _SOMETIMES[kind]
        if is_so(getattr(statement, kind)):
            yield use
    for each in nodes(tree):
        if each.WhichOneof("node") == "func_call":
            yield from _called(each.func_call)


def _called(call: Tree) -> Iterator[SessionUse]:
    name = strings(call.funcname)[-1:]
    if name and name[0] in _LOCKS:
        yield SessionUse.ADVISORY_LOCK
    elif name == ("set_config",) and _is_for_the_session(call):
        yield SessionUse.SET


def _sets(node: Tree) -> bool:
    """A value is set for the session; RESET and DISCARD ALL clean up, and SET TRANSACTION is of a transaction."""
    if node.is_local or node.name.lower() in _FOLLOWED:
        return False
    kind = node.DESCRIPTOR.fields_by_name["kind"].enum_type.values_by_number[node.kind].name
    return kind in {"VAR_SET_VALUE", "VAR_SET_CURRENT"} or (kind == "VAR_SET_MULTI" and "SESSION" in node.name)


def _stays(relation: Tree, on_commit: int) -> bool:
    return bool(relation.relpersistence == "t" and on_commit != _ON_COMMIT_DROP)


def _is_for_the_session(call: Tree) -> bool:
    """The last argument of set_config is a constant false; where it is a parameter nobody knows."""
    last = call.args[-1] if call.args else None
    if last is None or last.WhichOneof("node") != "a_const":
        return False
    return last.a_const.WhichOneof("val") == "boolval" and not last.a_const.boolval.boolval


_ALWAYS = {
    "listen_stmt": SessionUse.LISTEN,
    "prepare_stmt": SessionUse.PREPARE,
    "execute_stmt": SessionUse.PREPARE,
    "load_stmt": SessionUse.LOAD,
}
_SOMETIMES: dict[str, tuple[SessionUse, Callable[[Tree], bool]]] = {
    "variable_set_stmt": (SessionUse.SET, _sets),
    "declare_cursor_stmt": (SessionUse.HELD_CURSOR, lambda node: bool(node.options & _WITH_HOLD)),
    "create_stmt": (SessionUse.TEMPORARY_TABLE, lambda node: _stays(node.relation, node.oncommit)),
    "create_table_as_stmt": (SessionUse.TEMPORARY_TABLE, lambda node: _stays(node.into.rel, node.into.on_commit)),
    "select_stmt": (SessionUse.TEMPORARY_TABLE, lambda node: _stays(node.into_clause.rel, 0)),
}
"""Statements by their node in the parse tree; of those of the second kind it depends."""
