"""The transition tables that a trigger's function may read: names that only its triggers give."""

from pgclinic.model.catalog import Function
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import bodies
from pgclinic.sql.mentions import mentions
from pgclinic.sql.statements import UnreadableSqlError, parsed


def transition_tables(snapshot: Snapshot, function: Function) -> frozenset[str]:
    """Those of the triggers that call the function; where none does yet, whatever it reads may be one."""
    if function.returns != "trigger":
        return frozenset()
    calling = [each for each in snapshot.triggers if _name(each.function) == function.name]
    if not calling:
        return _everything_read(function)
    return frozenset(name for each in calling for name in _referenced(each.sql))


def _name(function: str) -> str:
    return function.rpartition(".")[2].strip('"')


def _referenced(sql: str) -> list[str]:
    try:
        (statement,) = parsed(sql).stmts
    except (UnreadableSqlError, ValueError):
        return []
    return [each.trigger_transition.name for each in statement.stmt.create_trig_stmt.transition_rels]


def _everything_read(function: Function) -> frozenset[str]:
    try:
        queries = bodies.body_of(function.sql or "").queries
    except (UnreadableSqlError, ValueError):
        return frozenset()
    return frozenset(name for query in queries for schema, name in mentions(query.sql).relations if not schema)
