"""A page by OFFSET as one that begins after the last row of the page before."""

from collections.abc import Sequence

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql import quote
from pgclinic.sql.clauses import aggregates
from pgclinic.sql.parameters import parameter_numbers
from pgclinic.sql.rewriting import OpenSelect, alias_of, expression
from pgclinic.sql.tree import Tree, nodes, parse_one

_DESCENDING = 3
_NULLS_DEFAULT = 1
"""SortByDir and SortByNulls of pg_query's enumerations."""


class SortColumn(msgspec.Struct, frozen=True):
    """A column of the order; ``output`` is its place among the outputs of the statement, counted from 0."""

    name: str
    descending: bool
    output: int


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """``first`` is the statement of the first page, ``next`` that of a page after the row with ``order``.

    Their parameters are those of the original without the OFFSET's, ``parameters``, as ``$1 …``; in ``next`` the values
    of ``order`` follow.
    """

    relation: RelationName
    first: str
    next: str
    parameters: tuple[int, ...]
    order: tuple[SortColumn, ...]


def sorted_columns(opened: OpenSelect) -> tuple[RelationName, tuple[tuple[str, bool], ...]] | None:
    """The table and the columns, with whether they descend, that a page of one table is sorted by; None for others."""
    select = opened.select
    is_page = select.HasField("limit_offset") and select.HasField("limit_count") and select.sort_clause
    is_odd = select.distinct_clause or select.HasField("with_clause") or aggregates(opened.tree)
    has_windows = any(
        node.WhichOneof("node") == "func_call" and node.func_call.HasField("over") for node in nodes(select)
    )
    is_of_one_table = len(select.from_clause) == 1 and select.from_clause[0].WhichOneof("node") == "range_var"
    if not is_page or is_odd or has_windows or not is_of_one_table:
        return None
    found: list[tuple[str, bool]] = []
    relations = set()
    for wrapper in select.sort_clause:
        sort = wrapper.sort_by
        column = opened.column(sort.node)
        if column is None or sort.sortby_nulls > _NULLS_DEFAULT or sort.use_op:
            return None
        relations.add(column.relation)
        found.append((column.column, sort.sortby_dir == _DESCENDING))
    return (relations.pop(), tuple(found)) if len(relations) == 1 else None


def paged(
    opened: OpenSelect, relation: RelationName, order: Sequence[tuple[str, bool]], columns: Sequence[str]
) -> Paging:
    """The statements for pages in this order, which has to be without nulls and without two equal rows.

    ``columns`` are those of the table. Columns of the order that are not among the outputs are added to them.
    Raises UnreadableSqlError.
    """
    select = opened.select
    alias = quote.identifier(alias_of(select.from_clause[0]))
    select.ClearField("limit_offset")
    outputs = _outputs(opened, columns)
    for name, _ in order:
        if name not in outputs:
            target = select.target_list.add().res_target
            target.val.CopyFrom(expression(f"{alias}.{quote.identifier(name)}"))
            outputs.append(name)
    del select.sort_clause[:]
    words = ", ".join(f"{alias}.{quote.identifier(name)}{' desc' if falls else ''}" for name, falls in order)
    select.sort_clause.extend(parse_one(f"select order by {words}").stmts[0].stmt.select_stmt.sort_clause)
    numbers = parameter_numbers(opened.tree)
    renumbered = {number: place for place, number in enumerate(numbers, 1)}
    for node in nodes(select):
        if node.WhichOneof("node") == "param_ref":
            node.param_ref.number = renumbered[node.param_ref.number]
    first = opened.sql
    after = expression(_after(alias, order, len(numbers) + 1))
    if select.HasField("where_clause"):
        both = expression("true and true")
        both.bool_expr.args[0].CopyFrom(select.where_clause)
        both.bool_expr.args[1].CopyFrom(after)
        after = both
    select.where_clause.CopyFrom(after)
    return Paging(
        relation=relation,
        first=first,
        next=opened.sql,
        parameters=numbers,
        order=tuple(SortColumn(name, falls, outputs.index(name)) for name, falls in order),
    )


def _outputs(opened: OpenSelect, columns: Sequence[str]) -> list[str]:
    """The column that each output hands on as it is; empty for one that is computed."""
    found: list[str] = []
    for wrapper in opened.select.target_list:
        value: Tree = wrapper.res_target.val
        column = opened.column(value)
        if value.WhichOneof("node") == "column_ref" and value.column_ref.fields[-1].WhichOneof("node") == "a_star":
            found += columns
        else:
            found.append(column.column if column else "")
    return found


def _after(alias: str, order: Sequence[tuple[str, bool]], first: int) -> str:
    """What is true of the rows behind one: a comparison of rows where all columns run in one direction."""
    names = [f"{alias}.{quote.identifier(name)}" for name, _ in order]
    signs = ["<" if falls else ">" for _, falls in order]
    values = [f"${number}" for number in range(first, first + len(order))]
    if len(set(signs)) == 1:
        return f"({', '.join(names)}) {signs[0]} ({', '.join(values)})"
    parts = []
    for place in range(len(order)):
        equal = [f"{name} = {value}" for name, value in zip(names[:place], values[:place], strict=True)]
        parts.append(" and ".join([*equal, f"{names[place]} {signs[place]} {values[place]}"]))
    # The first comparison, with equality, is what an index can be searched by.
    return f"{names[0]} {signs[0]}= {values[0]} and ({' or '.join(parts)})"
