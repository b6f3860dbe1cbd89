"""What a statement of a treatment changes: settings, parameters and objects by name, so that two can be compared."""

from collections.abc import Callable, Iterator, Mapping

from pgclinic.model.names import RelationName
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, parse_one, strings, written

Altered = tuple[str, ...]
"""The kind of what is changed, then its names: ``("storage parameter", "public", "orders", "fillfactor")``."""


def altered(sql: str) -> Mapping[Altered, str]:
    """What the statement changes, and to what; nothing for a statement that is not read or changes no such thing.

    Of settings and parameters the value, of everything else the whole statement as libpg_query writes it.
    """
    try:
        tree = parse_one(sql)
        statement = tree.stmts[0].stmt
        kind = statement.WhichOneof("node")
        found = dict(_READERS[kind](getattr(statement, kind))) if kind in _READERS else {}
        return {key: value if value is not None else written(tree) for key, value in found.items()}
    except UnreadableSqlError:
        return {}


def partitioned_table(sql: str) -> RelationName | None:
    """The table that the statement creates, if it creates a partitioned one."""
    try:
        statement = parse_one(sql).stmts[0].stmt
    except UnreadableSqlError:
        return None
    if statement.WhichOneof("node") != "create_stmt" or not statement.create_stmt.HasField("partspec"):
        return None
    return RelationName(*_relation(statement.create_stmt.relation))


def query_defined(sql: str) -> str:
    """The query of a CREATE VIEW, CREATE MATERIALIZED VIEW or CREATE TABLE AS; empty for any other statement."""
    try:
        tree = parse_one(sql)
        statement = tree.stmts[0].stmt
        kind = statement.WhichOneof("node")
        if kind not in {"view_stmt", "create_table_as_stmt"}:
            return ""
        query = type(statement)()
        query.CopyFrom(getattr(statement, kind).query)
        tree.stmts[0].stmt.CopyFrom(query)
        return written(tree)
    except UnreadableSqlError:
        return ""


_Found = Iterator[tuple[Altered, str | None]]


def _set(scope: str, statement: Tree) -> _Found:
    yield ("setting", scope, statement.name), ", ".join(_constant(each) for each in statement.args)


def _alter_system(statement: Tree) -> _Found:
    yield from _set("", statement.setstmt)


def _alter_database_set(statement: Tree) -> _Found:
    yield from _set(f"database {statement.dbname}", statement.setstmt)


def _alter_role_set(statement: Tree) -> _Found:
    yield from _set(f"role {statement.role.rolename} {statement.database}".rstrip(), statement.setstmt)


def _alter_table(statement: Tree) -> _Found:
    relation = _relation(statement.relation)
    for node in statement.cmds:
        command = node.alter_table_cmd
        subtype = command.DESCRIPTOR.fields_by_name["subtype"].enum_type.values_by_number[command.subtype].name
        match subtype:
            case "AT_SetRelOptions" | "AT_ResetRelOptions":
                for item in getattr(command, "def").list.items:
                    option = item.def_elem
                    name = ".".join(filter(None, (option.defnamespace, option.defname)))
                    yield ("storage parameter", *relation, name), _constant(option.arg)
            case "AT_SetStatistics" | "AT_SetStorage" | "AT_SetCompression" | "AT_SetOptions":
                yield (subtype, *relation, command.name), None


def _policy(statement: Tree) -> _Found:
    yield ("policy", *_relation(statement.table), statement.policy_name), None


def _drop(statement: Tree) -> _Found:
    kind = statement.DESCRIPTOR.fields_by_name["remove_type"].enum_type.values_by_number[statement.remove_type].name
    for each in statement.objects:
        names = strings(each.list.items)
        if kind == "OBJECT_POLICY":
            yield ("policy", *("", *names)[-3:]), None
        elif kind in _RELATIONS:
            yield ("relation", *("", *names)[-2:]), None


def _rename(statement: Tree) -> _Found:
    kind = statement.DESCRIPTOR.fields_by_name["rename_type"].enum_type.values_by_number[statement.rename_type].name
    if kind in _RELATIONS:
        yield ("relation", *_relation(statement.relation)), None


def _view(statement: Tree) -> _Found:
    yield ("relation", *_relation(statement.view)), None


def _create_table_as(statement: Tree) -> _Found:
    yield ("relation", *_relation(statement.into.rel)), None


def _create_table(statement: Tree) -> _Found:
    yield ("relation", *_relation(statement.relation)), None


def _create_index(statement: Tree) -> _Found:
    if statement.idxname:
        yield ("relation", statement.relation.schemaname, statement.idxname), None


def _create_function(statement: Tree) -> _Found:
    types = [".".join(strings(each.function_parameter.arg_type.names)) for each in statement.parameters]
    yield ("function", *("", *strings(statement.funcname))[-2:], *types), None


def _create_trigger(statement: Tree) -> _Found:
    yield ("trigger", *_relation(statement.relation), statement.trigname), None


_RELATIONS = frozenset({"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_INDEX"})

_READERS: Mapping[str, Callable[[Tree], _Found]] = {
    "alter_system_stmt": _alter_system,
    "alter_database_set_stmt": _alter_database_set,
    "alter_role_set_stmt": _alter_role_set,
    "alter_table_stmt": _alter_table,
    "create_policy_stmt": _policy,
    "alter_policy_stmt": _policy,
    "drop_stmt": _drop,
    "rename_stmt": _rename,
    "view_stmt": _view,
    "create_table_as_stmt": _create_table_as,
    "create_stmt": _create_table,
    "index_stmt": _create_index,
    "create_function_stmt": _create_function,
    "create_trig_stmt": _create_trigger,
}


def _relation(relation: Tree) -> tuple[str, str]:
    return relation.schemaname, relation.relname


def _constant(node: Tree) -> str:
    """A value as its text: ``'90'`` and ``90`` are the same; empty for one that stands for the default."""
    kind = node.WhichOneof("node")
    if kind is None:
        return ""
    value = getattr(node, kind)
    if kind == "a_const":
        kind = value.WhichOneof("val")
        if kind is None:
            return ""
        value = getattr(value, kind)
    # The messages of constants have one field each, by which they are named.
    written_value = next((getattr(value, name) for name in _VALUES if hasattr(value, name)), "")
    return str(written_value).lower() if isinstance(written_value, bool) else str(written_value)


_VALUES = ("sval", "ival", "fval", "boolval")
