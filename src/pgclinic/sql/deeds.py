"""What a statement of a migration is, read from its parse tree: what it makes, removes and names, and how."""

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import Message

from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.model.review import Deed, Written
from pgclinic.sql.index_ddl import CreateIndex, read_index_ddl
from pgclinic.sql.mentions import mentions
from pgclinic.sql.sources import Resolver
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, parse_one, strings

_OWN_TABLE = ("relation", "table", "view")
"""Fields that hold the relation that a statement is about."""
_ON_TABLE = frozenset({"OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"})
"""Objects that are named with their table in front."""


def read(sql: str) -> Deed:
    """The deed of one statement; of a text that libpg_query cannot read, an empty one."""
    try:
        tree = parse_one(sql)
    except UnreadableSqlError:
        return Deed(kind="")
    kind = tree.stmts[0].stmt.WhichOneof("node") or ""
    node = getattr(tree.stmts[0].stmt, kind)
    named = mentions(sql)
    own = {
        "kind": kind,
        "relations": named.relations,
        "functions": named.functions,
        "target": _target(kind, node),
        "table": _table(kind, node),
        "is_concurrent": _is_concurrent(node),
        "is_optional": bool(getattr(node, "if_not_exists", False)),
        "is_cascading": _word(node, "behavior") == "DROP_CASCADE" or _cascades(node),
        "removes": frozenset(_removed(kind, node)),
        "makes": frozenset(_made(kind, node)),
    }
    return Deed(**{**own, **_SPECIAL.get(kind, _nothing)(node)})


def index_of(sql: str, resolve: Resolver) -> CreateIndex | None:
    """The index that a CREATE INDEX makes on a table that is there; None for anything else."""
    try:
        (created,) = read_index_ddl(sql, resolve)
    except (UserError, ValueError):
        return None
    return created if isinstance(created, CreateIndex) else None


def transaction_word(sql: str) -> str:
    """``begin``, ``start``, ``commit``, ``rollback`` … of a transaction statement, else empty."""
    try:
        node = parse_one(sql).stmts[0].stmt
    except UnreadableSqlError:
        return ""
    if node.WhichOneof("node") != "transaction_stmt":
        return ""
    return _word(node.transaction_stmt, "kind").removeprefix("TRANS_STMT_").lower()


def extension_in(sql: str) -> tuple[str, str] | None:
    """Name and schema (empty when not written) of a CREATE EXTENSION; None for anything else."""
    try:
        node = parse_one(sql).stmts[0].stmt
    except UnreadableSqlError:
        return None
    if node.WhichOneof("node") != "create_extension_stmt":
        return None
    statement = node.create_extension_stmt
    options = {each.def_elem.defname: each.def_elem.arg.string.sval for each in statement.options}
    return statement.extname, options.get("schema", "")


def role_in(sql: str) -> str:
    """The name in a CREATE ROLE, CREATE USER or CREATE GROUP; empty for anything else."""
    try:
        node = parse_one(sql).stmts[0].stmt
    except UnreadableSqlError:
        return ""
    return node.create_role_stmt.role if node.WhichOneof("node") == "create_role_stmt" else ""


_SPECIAL: dict[str, Callable[[Tree], dict[str, Any]]] = {
    "create_stmt": lambda node: {
        "is_temporary": node.relation.relpersistence == "t",
        "columns": tuple(_columns(node)),
    },
    "create_table_as_stmt": lambda node: {"is_temporary": node.into.rel.relpersistence == "t"},
    "view_stmt": lambda node: {"is_temporary": node.view.relpersistence == "t"},
    "create_seq_stmt": lambda node: {"is_temporary": node.sequence.relpersistence == "t"},
    "create_trig_stmt": lambda node: {"is_for_each_row": node.row},
    "vacuum_stmt": lambda node: {} if node.is_vacuumcmd else {"kind": "analyze_stmt"},
    "variable_set_stmt": lambda node: {
        "setting": node.name,
        "is_local": node.is_local,
        "resets": _word(node, "kind") in {"VAR_RESET", "VAR_RESET_ALL", "VAR_SET_DEFAULT"},
    },
    "copy_stmt": lambda node: {"is_data_copy": not node.filename and not node.is_program},
    "prepare_stmt": lambda node: {"prepared": node.name},
    "execute_stmt": lambda node: {"prepared": node.name},
    "deallocate_stmt": lambda node: {"prepared": node.name},
}
"""What only statements of one kind have."""


def _nothing(_: Tree) -> dict[str, Any]:
    return {}


def _word(node: Tree, field: str) -> str:
    """The name of an enumeration's value, empty where the node has no such field."""
    found = node.DESCRIPTOR.fields_by_name.get(field)
    if found is None or found.enum_type is None:
        return ""
    name: str = found.enum_type.values_by_number[getattr(node, field)].name
    return name


def _is_concurrent(node: Tree) -> bool:
    if getattr(node, "concurrent", False):
        return True
    return any(each.def_elem.defname == "concurrently" for each in getattr(node, "params", ()) if _is_option(each))


def _is_option(node: Tree) -> bool:
    return bool(node.WhichOneof("node") == "def_elem")


def _cascades(node: Tree) -> bool:
    """An ALTER TABLE … DROP … CASCADE."""
    return any(_word(each.alter_table_cmd, "behavior") == "DROP_CASCADE" for each in getattr(node, "cmds", ()))


def _range(variable: Tree) -> RelationName:
    return RelationName(variable.schemaname, variable.relname)


def _table(kind: str, node: Tree) -> RelationName:
    if kind == "create_table_as_stmt":
        return _range(node.into.rel)
    for field in _OWN_TABLE:
        if field in node.DESCRIPTOR.fields_by_name:
            value = getattr(node, field)
            if isinstance(value, Message) and value.DESCRIPTOR.name == "RangeVar":
                return _range(value)
    return RelationName("", "")


def _target(kind: str, node: Tree) -> RelationName:
    find = _TARGETS.get(kind)
    return _table(kind, node) if find is None else find(node)


_TARGETS: dict[str, Callable[[Tree], RelationName]] = {
    "index_stmt": lambda node: RelationName(node.relation.schemaname, node.idxname),
    "create_function_stmt": lambda node: _path(strings(node.funcname)),
    "create_trig_stmt": lambda node: RelationName("", node.trigname),
    "create_policy_stmt": lambda node: RelationName("", node.policy_name),
    "alter_policy_stmt": lambda node: RelationName("", node.policy_name),
    "drop_stmt": lambda node: next(iter(_dropped(node)), RelationName("", "")),
    "create_seq_stmt": lambda node: _range(node.sequence),
    "create_schema_stmt": lambda node: RelationName("", node.schemaname),
    "create_enum_stmt": lambda node: _path(strings(node.type_name)),
    "create_domain_stmt": lambda node: _path(strings(node.domainname)),
    "composite_type_stmt": lambda node: _range(node.typevar),
}
"""What a statement is about, where that is not the table in it."""


def _path(parts: tuple[str, ...]) -> RelationName:
    *schema, name = parts or ("",)
    return RelationName(schema[-1] if schema else "", name)


def _dropped(node: Tree) -> Iterator[RelationName]:
    on_table = _word(node, "remove_type") in _ON_TABLE
    for item in node.objects:
        match item.WhichOneof("node"):
            case "list":
                path = strings(item.list.items)
                yield RelationName("", path[-1]) if on_table and path else _path(path)
            case "object_with_args":
                yield _path(strings(item.object_with_args.objname))
            case "type_name":
                yield _path(strings(item.type_name.names))
            case "string":
                yield RelationName("", item.string.sval)
            case _:
                continue


def _removed(kind: str, node: Tree) -> Iterator[str]:
    """Bare names that are gone afterwards: what is dropped or renamed, columns too."""
    if kind == "drop_stmt":
        yield from (each.name for each in _dropped(node))
    elif kind == "rename_stmt":
        yield node.subname or node.relation.relname
        yield from strings(node.object.list.items)[-1:]
        yield from strings(node.object.object_with_args.objname)[-1:]
    elif kind == "alter_object_schema_stmt":
        yield node.relation.relname
    elif kind == "alter_table_stmt":
        for each in node.cmds:
            if _word(each.alter_table_cmd, "subtype") in {"AT_DropColumn", "AT_DropConstraint"}:
                yield each.alter_table_cmd.name


def _made(kind: str, node: Tree) -> Iterator[str]:
    """Bare names that are there afterwards: what is created, the new name of what is renamed, added columns."""
    if kind == "rename_stmt":
        yield node.newname
    elif kind == "alter_table_stmt":
        for each in node.cmds:
            if _word(each.alter_table_cmd, "subtype") == "AT_AddColumn":
                yield getattr(each.alter_table_cmd, "def").column_def.colname
            elif _word(each.alter_table_cmd, "subtype") == "AT_AddConstraint":
                yield getattr(each.alter_table_cmd, "def").constraint.conname
    elif kind.startswith("create_") or kind in {"index_stmt", "view_stmt", "composite_type_stmt"}:
        yield _target(kind, node).name
        if kind == "create_stmt":
            yield from (each.name for each in _columns(node))


def _columns(node: Tree) -> Iterator[Written]:
    for each in node.table_elts:
        if each.WhichOneof("node") == "column_def":
            column = each.column_def
            yield Written(name=column.colname, type=(strings(column.type_name.names) or ("",))[-1])
