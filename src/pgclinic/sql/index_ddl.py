"""CREATE INDEX and DROP INDEX as people write them, read into the nouns that the planner takes.

CONCURRENTLY, IF NOT EXISTS, TABLESPACE and NULLS NOT DISTINCT change nothing that a planner sees and are left out.
"""

import difflib
import re
from collections.abc import Iterator

import msgspec

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.errors import UserError
from pgclinic.sql import quote
from pgclinic.sql.sources import CatalogRelation, Resolver
from pgclinic.sql.statements import UnreadableSqlError, parsed
from pgclinic.sql.tree import Tree, strings, written

_OBJECT_INDEX = "OBJECT_INDEX"
_DESCENDING = "SORTBY_DESC"
_NULLS_DEFAULT, _NULLS_FIRST = "SORTBY_NULLS_DEFAULT", "SORTBY_NULLS_FIRST"
_BUILT_IN_COLLATIONS = frozenset({"C", "POSIX", "default", "ucs_basic"})
"""Those of every server; as in a snapshot they are written with their schema."""
_PLAIN_VALUE = re.compile(r"[a-z0-9_.]+\Z")
_LONGEST_EXCERPT = 60


class CreateIndex(msgspec.Struct, frozen=True):
    """A CREATE INDEX: what the index is, and its name, empty when none is written."""

    definition: IndexDefinition
    name: str


class DropIndex(msgspec.Struct, frozen=True):
    """One index of a DROP INDEX; ``schema`` is empty when it is not written."""

    schema: str
    name: str


def read_index_ddl(text: str, resolve: Resolver) -> tuple[CreateIndex | DropIndex, ...]:
    """The statements of a text in order, a DROP INDEX of several indexes as several.

    ``resolve`` knows the database's tables. Raises UserError, one sentence, for what is not SQL, for any other
    statement, and for a table or column that is not there.
    """
    try:
        statements = parsed(text).stmts
    except UnreadableSqlError as error:
        raise UserError(f"The DDL is not SQL: {error}.") from error
    found = tuple(read for statement in statements for read in _read(statement.stmt, text, resolve))
    if not found:
        raise UserError("The DDL is empty; give a statement such as 'create index on orders (customer_id)'.")
    return found


def read_name(text: str, what: str = "an index") -> DropIndex:
    """A name as SQL writes it: ``orders_idx``, ``"Orders idx"``, ``shop.orders_idx``.

    Raises UserError; ``what`` it should be the name of is for that sentence.
    """
    try:
        (dropped,) = read_index_ddl(f"drop index {text}", lambda _schema, _name: None)
    except (UserError, ValueError) as error:
        raise UserError(f"{text!r} is no name of {what}; write it as in SQL, such as orders or shop.orders.") from error
    assert isinstance(dropped, DropIndex)
    return dropped


def _read(node: Tree, text: str, resolve: Resolver) -> Iterator[CreateIndex | DropIndex]:
    kind = node.WhichOneof("node")
    if kind == "index_stmt":
        yield _created(node.index_stmt, resolve)
    elif kind == "drop_stmt" and _word(node.drop_stmt, "remove_type") == _OBJECT_INDEX:
        for item in node.drop_stmt.objects:
            *schema, name = strings(item.list.items)
            yield DropIndex(schema[-1] if schema else "", name)
    else:
        excerpt = " ".join(text.split())
        excerpt = excerpt if len(excerpt) <= _LONGEST_EXCERPT else excerpt[: _LONGEST_EXCERPT - 1] + "…"
        raise UserError(f"The DDL may hold only CREATE INDEX and DROP INDEX, not {excerpt!r}.")


def _created(statement: Tree, resolve: Resolver) -> CreateIndex:
    schema, name = statement.relation.schemaname, statement.relation.relname
    if not statement.relation.inh:
        raise UserError(f"An index ON ONLY {name} is not used before its partitions have theirs; leave ONLY out.")
    table = resolve(schema, name)
    if table is None:
        raise UserError(f"There is no table {f'{schema}.{name}' if schema else name} in this database.")
    definition = IndexDefinition(
        relation=table.name,
        keys=tuple(_key(param.index_elem, table) for param in statement.index_params),
        method=statement.access_method or "btree",
        include=tuple(_included(param.index_elem, table) for param in statement.index_including_params),
        predicate=_expression(statement.where_clause, table) if statement.HasField("where_clause") else "",
        is_unique=statement.unique,
        options=tuple(_option(option.def_elem) for option in statement.options),
    )
    return CreateIndex(definition, statement.idxname)


def _key(element: Tree, table: CatalogRelation) -> IndexKey:
    column = element.name or _bare_column(element.expr)
    descending = _word(element, "ordering") == _DESCENDING
    nulls = _word(element, "nulls_ordering")
    return IndexKey(
        expression=_column(column, table) if column else _expression(element.expr, table),
        is_column=bool(column),
        opclass=_opclass(element),
        collation=_collation(element),
        descending=descending,
        nulls_first=descending if nulls == _NULLS_DEFAULT else nulls == _NULLS_FIRST,
    )


def _bare_column(expression: Tree) -> str:
    """The column in ``(column)``, which PostgreSQL takes for the column itself (``ComputeIndexAttrs``)."""
    if expression.WhichOneof("node") != "column_ref":
        return ""
    path = strings(expression.column_ref.fields)
    return path[0] if len(path) == 1 == len(expression.column_ref.fields) else ""


def _included(element: Tree, table: CatalogRelation) -> str:
    if not element.name:
        raise UserError("INCLUDE takes columns only, no expressions; name a column.")
    return _column(element.name, table)


def _column(name: str, table: CatalogRelation) -> str:
    if name not in table.columns:
        near = difflib.get_close_matches(name, table.columns, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise UserError(f"The table {table.name} has no column {name}{hint}")
    return name


def _expression(node: Tree, table: CatalogRelation) -> str:
    """An expression as libpg_query writes it, every column that it names looked up."""
    tree = parsed("select 1")
    tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val.CopyFrom(node)
    for reference in _column_references(node):
        path = strings(reference.fields)
        if len(path) == 1 and path[0] != table.name.name:
            _column(path[0], table)
    return written(tree).removeprefix("SELECT ")


def _column_references(message: Tree) -> Iterator[Tree]:
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        for child in value if field.is_repeated else [value]:
            if child.DESCRIPTOR.name == "ColumnRef":
                yield child
            yield from _column_references(child)


def _opclass(element: Tree) -> str:
    name = _qualified(element.opclass)
    options = ", ".join(_opclass_option(_option(option.def_elem)) for option in element.opclassopts)
    return f"{name} ({options})" if options else name


def _opclass_option(option: str) -> str:
    """As in a snapshot, bare, unless the value could be taken for something else."""
    name, _, value = option.partition("=")
    return f"{quote.identifier(name)}={value if _PLAIN_VALUE.match(value) else quote.literal(value)}"


def _collation(element: Tree) -> str:
    path = strings(element.collation)
    if len(path) == 1 and path[0] in _BUILT_IN_COLLATIONS:
        path = ("pg_catalog", *path)
    return ".".join(map(quote.identifier, path))


def _qualified(parts: Tree) -> str:
    path = strings(parts)
    return ".".join(map(quote.identifier, path[1:] if path[:1] == ("pg_catalog",) else path))


def _option(option: Tree) -> str:
    """``name=value`` as pg_class.reloptions has it; an option without a value is switched on."""
    name = f"{option.defnamespace}.{option.defname}" if option.defnamespace else option.defname
    return f"{name}={_value(option.arg)}" if option.HasField("arg") else f"{name}=true"


def _value(argument: Tree) -> str:
    match argument.WhichOneof("node"):
        case "integer":
            return str(argument.integer.ival)
        case "float":
            return str(argument.float.fval)
        case "boolean":
            return "true" if argument.boolean.boolval else "false"
        case "string":
            return str(argument.string.sval)
        case "type_name":
            return strings(argument.type_name.names)[-1]
        case _:
            raise UserError("An index option must be a number, a word or a string.")


def _word(message: Tree, field: str) -> str:
    """The name of an enum field's value."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(message, field)].name)
