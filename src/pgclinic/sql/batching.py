"""An INSERT of one row as a statement over arrays that writes many."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from pgclinic.sql import quote
from pgclinic.sql.built_in import family_of
from pgclinic.sql.clauses import is_single_row_insert
from pgclinic.sql.layout import laid_out
from pgclinic.sql.naming import free
from pgclinic.sql.operands import without_casts
from pgclinic.sql.sources import CatalogRelation, Resolver
from pgclinic.sql.tree import Node, Tree, nodes, parse_one, replace_nodes, select_list, strings, written
from pgclinic.sql.types import ArrayType, array_of, array_of_tree

_NOTHING, _UPDATE = 2, 3
"""OnConflictAction of pg_query's enumeration."""

_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_ARITHMETIC = frozenset({"+", "-", "*", "/"})
_CONCATENATION = frozenset({"||"})

BATCH = "batch"
"""What a row of the arrays is called."""
POSITION = "position"


class UntypedParameterError(ValueError):
    """A parameter whose type the statement does not tell; the message is its number with the dollar sign."""


class Parameter(msgspec.Struct, frozen=True):
    """A ``$number`` of the original as the column ``name`` of the batch, handed over as one array."""

    number: int
    name: str
    type: ArrayType


class SingleRow(msgspec.Struct, frozen=True, kw_only=True):
    """An INSERT of one row of VALUES.

    ``cells`` are the columns that are written, with their expressions; DEFAULT is as good as not being there.
    ``conflict`` is empty, ``nothing`` or ``update``. ``key`` are the columns of ``on conflict (…)``, where it names
    columns; ``constraint`` is that of ``on conflict on constraint``.
    """

    tree: Tree
    relation: CatalogRelation
    cells: tuple[tuple[str, Tree], ...]
    conflict: str
    key: tuple[str, ...]
    constraint: str

    @property
    def insert(self) -> Tree:
        """The statement's own node."""
        return self.tree.stmts[0].stmt.insert_stmt

    @property
    def returns(self) -> tuple[str, ...] | None:
        """The columns of RETURNING, ``*`` for all of them; None where it computes something or names twice."""
        names = []
        for wrapper in self.insert.returning_clause.exprs:
            target = wrapper.res_target
            if target.name or target.val.WhichOneof("node") != "column_ref":
                return None
            fields = target.val.column_ref.fields
            names.append("*" if fields[-1].WhichOneof("node") == "a_star" else strings(fields)[-1])
        is_plain = len(set(names)) == len(names) and (names == ["*"] or "*" not in names)
        return tuple(names) if is_plain else None

    @property
    def has_returning(self) -> bool:
        """Whether it hands rows back."""
        return bool(self.insert.returning_clause.exprs)

    @property
    def is_rowwise(self) -> bool:
        """Whether a row depends on nothing but its own parameters: no sub-select, no parameter outside of VALUES."""
        inside = sum(is_parameter(node) for _, value in self.cells for node in nodes(value))
        everywhere = list(nodes(self.tree))
        has_subselect = any(node.WhichOneof("node") == "sub_link" for node in everywhere)
        return not has_subselect and inside == sum(map(is_parameter, everywhere))

    @property
    def replaces_whole_rows(self) -> bool:
        """Whether a conflict leaves of the row that is there nothing that the new one has: the last one wins."""
        clause = self.insert.on_conflict_clause
        names = {name for name, _ in self.cells}
        if (
            self.conflict != "update"
            or clause.HasField("where_clause")
            or not self.key
            or not names.issuperset(self.key)
        ):
            return False
        assigned = {target.res_target.name for target in clause.target_list if _takes_excluded(target.res_target)}
        constant = {name for name, value in self.cells if without_casts(value).WhichOneof("node") == "a_const"}
        return len(assigned) == len(clause.target_list) and names <= assigned | constant | set(self.key)


def single_row(sql: str, resolver: Resolver) -> SingleRow | None:
    """The statement taken apart; None for anything but an INSERT of one row of VALUES into a known table.

    Raises UnreadableSqlError.
    """
    tree = parse_one(sql)
    if not is_single_row_insert(tree):
        return None
    insert = tree.stmts[0].stmt.insert_stmt
    relation = resolver(insert.relation.schemaname, insert.relation.relname)
    names = tuple(column.res_target.name for column in insert.cols) or (relation.columns if relation else ())
    values = insert.select_stmt.select_stmt.values_lists[0].list.items
    has_parts = any(column.res_target.indirection for column in insert.cols)
    if relation is None or insert.HasField("with_clause") or has_parts or len(values) > len(names):
        return None
    clause = insert.on_conflict_clause
    elements = [element.index_elem for element in clause.infer.index_elems]
    return SingleRow(
        tree=tree,
        relation=relation,
        cells=tuple(
            (name, value)
            for name, value in zip(names, values, strict=False)
            if value.WhichOneof("node") != "set_to_default"
        ),
        conflict={_NOTHING: "nothing", _UPDATE: "update"}.get(clause.action, "")
        if insert.HasField("on_conflict_clause")
        else "",
        key=tuple(element.name for element in elements) if all(element.name for element in elements) else (),
        constraint=clause.infer.conname,
    )


def parameters_of(row: SingleRow, types: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The INSERT's parameters in the order of their numbers; ``types`` are those of the table's columns, as SQL.

    Raises as ``parameters_in`` does.
    """
    return parameters_in(row.tree, row.cells, types)


def parameters_in(tree: Tree, cells: Sequence[tuple[str, Tree]], types: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The parameters of a statement in the order of their numbers; ``cells`` are columns with what is put into them.

    PostgreSQL gives a parameter the type of the cast, else of the column, that it stands by first
    (``variable_coerce_param_hook`` in parse_param.c). Raises UntypedParameterError where it is inside of something
    else, and UnreadableSqlError for a type that is none.
    """
    found: dict[int, tuple[str, ArrayType | None]] = {}
    for name, value in cells:
        if is_parameter(value):
            found.setdefault(value.param_ref.number, (name, array_of(types[name])))
        for node in nodes(value):
            _note_cast(found, node, name)
    for node in nodes(tree):
        _note_cast(found, node, "")
    for node in nodes(tree):
        _note_operand(found, node, types)
    taken: set[str] = {POSITION}
    parameters = []
    for number in sorted(found):
        column, type_ = found[number]
        if type_ is None:
            raise UntypedParameterError(f"${number}")
        parameters.append(Parameter(number, free(column or f"value_{number}", taken), type_))
        taken.add(parameters[-1].name)
    return tuple(parameters)


def _note_cast(found: dict[int, tuple[str, ArrayType | None]], node: Tree, column: str) -> None:
    if node.WhichOneof("node") == "type_cast" and is_parameter(node.type_cast.arg):
        number = node.type_cast.arg.param_ref.number
        if found.get(number, ("", None))[1] is None:
            found[number] = (found.get(number, (column,))[0] or column, array_of_tree(node.type_cast.type_name))
    elif is_parameter(node):
        found.setdefault(node.param_ref.number, (column, None))


def _note_operand(found: dict[int, tuple[str, ArrayType | None]], node: Tree, types: Mapping[str, str]) -> None:
    """``count + $1``: beside a column, a parameter has the column's type where there is such an operator (func.c)."""
    for side, other in ((node.a_expr.lexpr, node.a_expr.rexpr), (node.a_expr.rexpr, node.a_expr.lexpr)):
        if not is_parameter(side) or other.WhichOneof("node") != "column_ref":
            continue
        number, column = side.param_ref.number, strings(other.column_ref.fields)[-1]
        name = found[number][0]
        type_ = types.get(column, "")
        if found[number][1] is None and strings(node.a_expr.name)[-1] in _operators_of(type_):
            found[number] = (name, array_of(type_))


def _operators_of(type_name: str) -> frozenset[str]:
    """Operators that a type has with itself."""
    return _COMPARISONS | {"number": _ARITHMETIC, "text": _CONCATENATION}.get(family_of(type_name), frozenset())


def batch_statement(row: SingleRow, parameters: Sequence[Parameter], *, last_of: Sequence[str] = ()) -> str:
    """The INSERT of all rows of the arrays ``$1 … $n``, in their order.

    Of rows with the same ``last_of``, columns of the table, only the last is written. The row must be ``is_rowwise``.
    Raises UnreadableSqlError.
    """
    tree = _copy(row)
    arrays = ", ".join(f"${place}::{each.type.sql}" for place, each in enumerate(parameters, 1))
    _read_from(tree, row, parameters, arrays, last_of)
    return written(tree)


def _read_from(
    tree: Tree, row: SingleRow, parameters: Sequence[Parameter], arrays: str, last_of: Sequence[str] = ()
) -> None:
    """Put a SELECT from ``unnest(arrays)`` in the place of the INSERT's VALUES."""
    rows = unnested(arrays, parameters)
    if last_of:
        rows = f"(select from {rows} order by {BATCH}.{POSITION} desc) as {BATCH}"
    select = parse_one(f"select from {rows} order by {BATCH}.{POSITION}").stmts[0].stmt.select_stmt
    if last_of:
        _keep_last(select.from_clause[0].range_subselect.subquery.select_stmt, row, parameters, last_of)
    for _, value in row.cells:
        target = select.target_list.add().res_target.val
        target.CopyFrom(value)
        replace_nodes(target, columns_of_batch(parameters, BATCH))
    tree.stmts[0].stmt.insert_stmt.select_stmt.select_stmt.CopyFrom(select)


def unnested(arrays: str, parameters: Sequence[Parameter]) -> str:
    """SQL for FROM: the arrays as rows of ``BATCH``, numbered from 1 by ``POSITION``."""
    names = ", ".join([*(quote.identifier(each.name) for each in parameters), POSITION])
    return f"unnest({arrays}) with ordinality as {BATCH} ({names})"


def _copy(row: SingleRow) -> Tree:
    """The statement, naming the columns that it writes."""
    tree = type(row.tree)()
    tree.CopyFrom(row.tree)
    insert = tree.stmts[0].stmt.insert_stmt
    del insert.cols[:]
    for name, _ in row.cells:
        insert.cols.add().res_target.name = name
    return tree


def _keep_last(select: Tree, row: SingleRow, parameters: Sequence[Parameter], names: Sequence[str]) -> None:
    """Make it ``select distinct on (key) batch.* … order by key, position desc``."""
    star = parse_one(f"select {BATCH}.*").stmts[0].stmt.select_stmt.target_list[0]
    select.target_list.add().CopyFrom(star)
    by_position = Node()
    by_position.CopyFrom(select.sort_clause[0])
    del select.sort_clause[:]
    for expression in _key(row, parameters, names):
        select.distinct_clause.add().CopyFrom(expression)
        sort = parse_one("select order by $1").stmts[0].stmt.select_stmt.sort_clause[0]
        sort.sort_by.node.CopyFrom(expression)
        select.sort_clause.add().CopyFrom(sort)
    select.sort_clause.add().CopyFrom(by_position)


def function_body(
    row: SingleRow, parameters: Sequence[Parameter], arguments: Sequence[str], *, at_once: Sequence[str] = ()
) -> str:
    """A PL/pgSQL block that runs the INSERT itself for each row of the arrays ``arguments``, in their order.

    So it does what the application did, statement by statement. With ``at_once``, columns of the table, it writes all
    rows in one statement when no two of them have the same ``at_once``. Raises UnreadableSqlError.
    """
    arrays = ", ".join(map(quote.identifier, arguments))
    begin = "return query " if row.has_returning else ""
    tree = _copy(row)
    tree.stmts[0].stmt.insert_stmt.relation.schemaname = row.relation.name.schema
    together = type(tree)()
    together.CopyFrom(tree)
    items = tree.stmts[0].stmt.insert_stmt.select_stmt.select_stmt.values_lists[0].list.items
    del items[:]
    for _, value in row.cells:
        items.add().CopyFrom(value)
    variable = free(BATCH, {row.relation.name.name, row.insert.relation.alias.aliasname})
    replace_nodes(tree, columns_of_batch(parameters, variable))
    head = ["#variable_conflict use_column", "declare", f"    {variable} record;", "begin"]
    loop = [
        f"for {variable} in",
        f"    select * from {unnested(arrays, parameters)} order by {BATCH}.{POSITION}",
        "loop",
    ]
    if not at_once:
        head += [*(f"    {line}" for line in loop), f"{statement_at(begin, tree, 8)};", "    end loop;", "end"]
        return "\n".join(head)
    _read_from(together, row, parameters, arrays)
    key = select_list(_key(row, parameters, at_once))
    head += [
        f"    if (select count(*) = count(distinct ({key})) from {unnested(arrays, parameters)}) then",
        f"{statement_at(begin, together, 8)};",
        "    else",
        *(f"        {line}" for line in loop),
        f"{statement_at(begin, tree, 12)};",
        "        end loop;",
        "    end if;",
        "end",
    ]
    return "\n".join(head)


def statement_at(begin: str, tree: Tree, blanks: int) -> str:
    """A statement of a body, laid out behind so many blanks."""
    indent = " " * blanks
    return f"{indent}{begin}{laid_out(written(tree), indent).removeprefix(indent)}"


def _key(row: SingleRow, parameters: Sequence[Parameter], names: Sequence[str]) -> Iterator[Tree]:
    """What a row of the batch has in these columns."""
    values = dict(row.cells)
    for name in names:
        expression = Node()
        expression.CopyFrom(values[name])
        replace_nodes(expression, columns_of_batch(parameters, BATCH))
        yield expression


def columns_of_batch(parameters: Sequence[Parameter], alias: str) -> Callable[[Tree], Tree | None]:
    """For ``replace_nodes``: a parameter becomes its column of the batch, cast where the array holds texts."""
    texts = {
        each.number: f"{quote.identifier(alias)}.{quote.identifier(each.name)}" + _cast(each) for each in parameters
    }
    parts = {
        number: parse_one(f"select {text}").stmts[0].stmt.select_stmt.target_list[0].res_target.val
        for number, text in texts.items()
    }
    return lambda node: parts.get(node.param_ref.number) if is_parameter(node) else None


def _cast(parameter: Parameter) -> str:
    return f"::{parameter.type.cast}" if parameter.type.cast else ""


def is_parameter(node: Tree) -> bool:
    """Whether a node is a ``$n``."""
    return bool(node.WhichOneof("node") == "param_ref")


def _takes_excluded(target: Tree) -> bool:
    """Whether it is ``column = excluded.column``."""
    if target.val.WhichOneof("node") != "column_ref":
        return False
    return strings(target.val.column_ref.fields) == ("excluded", target.name)
