"""A SELECT rewritten to read what is kept: whole spans from the summary, the rest from the table."""

from collections.abc import Callable, Iterator, Mapping

from pgclinic.sql import quote
from pgclinic.sql.grouping import Bound, Grouping, Types, Unfit, groupings, with_views_written_out, without_places
from pgclinic.sql.sources import Resolver
from pgclinic.sql.spans import DAY, INSTANT, ZONE, beginning, interval, is_steady, with_moment
from pgclinic.sql.summaries.definitions import of_days, of_table, where
from pgclinic.sql.summaries.design import Design
from pgclinic.sql.summaries.summary import Kept, Summary
from pgclinic.sql.tree import Node, Tree, expression_of, parse_one, replace_nodes, select_list, strings, written

_SAME_ZONES = ("UTC", "Etc/UTC", "GMT")
_IN_ZONE = (
    f"case when pg_catalog.current_setting('TimeZone') in ({', '.join(map(quote.literal, _SAME_ZONES))}) then true"
    f" else ('the days that are kept are those of {ZONE}, not of ' || pg_catalog.current_setting('TimeZone'))::boolean"
    " end"
)
"""True where a session's days are those that are kept; an error that says so elsewhere, for silence would be wrong."""


def summaries_in(sql: str, resolver: Resolver, types: Types) -> tuple[Summary | str, ...]:
    """The smallest summary for each part of a statement that sums up one table, or why none serves it.

    Raises UnreadableSqlError.
    """
    found: list[Summary | str] = []
    for each in groupings(with_views_written_out(sql, resolver), resolver, types):
        if isinstance(each, str):
            found.append(each)
            continue
        try:
            summary = Design(each, types_of(each, types)).summary
            tuple(_arms(each, summary, Kept("kept")))
        except Unfit as unfit:
            found.append(str(unfit))
        else:
            found.append(summary)
    return tuple(found)


def rewritten(sql: str, resolver: Resolver, types: Types, kept: Callable[[Summary], Kept | None]) -> str:
    """The statement reading what is kept instead of the tables; parts for which nothing is kept stay as they are."""
    tree = with_views_written_out(sql, resolver)
    for each in groupings(tree, resolver, types):
        if isinstance(each, str):
            continue
        own = types_of(each, types)
        try:
            found = kept(Design(each, own).summary)
            if found is not None:
                read_from(each, own, found)
        except Unfit:
            continue
    return written(tree)


def types_of(grouping: Grouping, types: Types) -> Mapping[str, str]:
    """The types of the grouping's table."""
    return types[grouping.relation.name]


def read_from(grouping: Grouping, types: Mapping[str, str], kept: Kept) -> None:
    """Change the grouping's SELECT so that it reads what is kept. Raises Unfit before anything is changed."""
    design = Design(grouping, types, subtracts=kept.may_be_empty)
    select = grouping.select
    summary = design.summary.cut_like(kept.summary) if kept.summary is not None else design.summary
    arms = " union all ".join(_arms(grouping, summary, kept))
    source = parse_one(f"select from ({arms}) as {quote.identifier(grouping.alias)}").stmts[0].stmt.select_stmt
    composed = {place: expression_of(each.sql) for place, each in design.composed.items()}
    if grouping.moment is not None:
        bucket = quote.identifier(summary.bucket)
        composed[without_places(grouping.moment)] = (
            expression_of(bucket) if summary.span == DAY else with_moment(grouping.moment, bucket)
        )

    for target in select.target_list:
        _name_as_before(target.res_target)
    _group_by_what_is_meant(select, grouping)
    replaced = [*select.target_list, *select.group_clause, *select.sort_clause]
    for each in (*replaced, *([select.having_clause] if select.HasField("having_clause") else [])):
        replace_nodes(each, lambda node: composed.get(without_places(node)) if _may_be_composed(node) else None)
    del select.from_clause[:]
    select.from_clause.add().CopyFrom(source.from_clause[0])
    select.ClearField("where_clause")
    if not design.summary.condition:
        _put_conditions(select, grouping.conditions)
    if kept.may_be_empty and select.group_clause:
        _demand_rows(select, design.rows.name)


def _arms(grouping: Grouping, summary: Summary, kept: Kept) -> Iterator[str]:
    """Where the rows come from: cells of the summary, and what the table has on either side of them."""
    names = ", ".join(map(quote.identifier, (*summary.columns, *(each.name for each in summary.measures))))
    if grouping.moment is not None and summary.span == DAY:
        yield from _days(grouping, summary, kept, names)
        return
    if kept.log:
        raise Unfit("it does not ask by day")
    lower = [bound for bound in grouping.bounds if bound.operator in {">", ">="}]
    upper = [bound for bound in grouping.bounds if bound.operator in {"<", "<="}]
    if len(lower) > 1 or len(upper) > 1:
        raise Unfit("it has several bounds on one side")
    bucket, time = quote.identifier(summary.bucket or "day"), quote.identifier(summary.time or "time")
    moment = "timestamptz" if summary.day_type == "timestamp with time zone" else "timestamp"
    first = _first_whole(lower[0], summary.span, moment) if lower else ""
    end = beginning(f"({_sql(upper[0])})::{moment}", summary.span, moment) if upper else ""
    is_open = grouping.moment is not None and moment == "timestamptz"

    def guard(beginning: str) -> list[str]:
        return [is_steady(grouping.moment, beginning, summary.span)] if is_open else []

    whole = [f"{bucket} >= {first}"] * bool(lower) + [f"{bucket} < {end}"] * bool(upper)
    own = [f"{time} {bound.operator} {_sql(bound)}" for bound in grouping.bounds]
    yield f"select {names} from {kept.sql}{where([*whole, *guard(bucket)])}"
    if lower:
        yield of_table(summary, [*own, f"{time} < {first}", *guard(summary.day)])
    if upper:
        inside = [f"{time} >= {first}"] if lower else []
        yield of_table(summary, [*own, f"{time} >= {end}", *inside, *guard(summary.day)])


def _days(grouping: Grouping, summary: Summary, kept: Kept, names: str) -> Iterator[str]:
    """Whole days alone, where the session's days are those that are kept; those in the log are made of the table."""
    bucket = quote.identifier(summary.bucket)
    type_name = {"date": "date", "timestamp with time zone": "timestamptz"}.get(summary.day_type, "timestamp")
    whole = [f"{bucket} {bound.operator} ({_sql(bound)})::{type_name}" for bound in grouping.bounds]
    guard = [_IN_ZONE] if f"'{ZONE}'" in summary.day else []
    if not kept.log:
        yield f"select {names} from {kept.sql}{where([*whole, *guard])}"
        return
    if not whole:
        raise Unfit("it asks for every day")
    is_noted = f"exists (select from {kept.log} as noted where noted.{bucket} = cells.{bucket})"
    yield f"select {names} from {kept.sql} as cells{where([*whole, *guard, f'not {is_noted}'])}"
    yield of_days(summary, f"(select distinct {bucket} from {kept.log}{where(whole)})")


def _sql(bound: Bound) -> str:
    return select_list([bound.value])


def _first_whole(bound: Bound, span: int, moment: str) -> str:
    """When the first span begins of which every moment is within the bound."""
    value = f"({_sql(bound)})::{moment}"
    # A bound that begins a span itself begins a whole one, unless it is left out.
    late = f"{value} + {interval(span)}" if bound.operator == ">" else f"{value} + {interval(span)} - {INSTANT}"
    return beginning(late, span, moment)


def _may_be_composed(node: Tree) -> bool:
    return node.WhichOneof("node") in {"func_call", "type_cast"}


def _group_by_what_is_meant(select: Tree, grouping: Grouping) -> None:
    """A column of FROM comes before one that is put out: what is kept may have one of an output's name."""
    meant = {target.res_target.name: target.res_target.val for target in select.target_list}
    for item in select.group_clause:
        names = strings(item.column_ref.fields) if item.WhichOneof("node") == "column_ref" else ()
        if len(names) == 1 and names[0] not in grouping.relation.columns and names[0] in meant:
            item.CopyFrom(meant[names[0]])


def _name_as_before(target: Tree) -> None:
    """A column without a name has that of its function or column (FigureColname in parse_target.c)."""
    value = target.val
    while not target.name and value.WhichOneof("node") == "type_cast":
        inner = value.type_cast.arg
        if inner.WhichOneof("node") not in {"func_call", "column_ref", "type_cast"}:
            target.name = strings(value.type_cast.type_name.names)[-1]
            return
        value = inner
    if not target.name and value.WhichOneof("node") == "func_call":
        target.name = strings(value.func_call.funcname)[-1]


def _put_conditions(select: Tree, conditions: tuple[Tree, ...]) -> None:
    if len(conditions) == 1:
        select.where_clause.CopyFrom(conditions[0])
    elif conditions:
        select.where_clause.bool_expr.boolop = 1
        for each in conditions:
            select.where_clause.bool_expr.args.add().CopyFrom(each)


def _demand_rows(select: Tree, rows: str) -> None:
    """Leave out groups that have no row left."""
    some = expression_of(f"pg_catalog.sum({quote.identifier(rows)}) > 0")
    if select.HasField("having_clause"):
        before = Node()
        before.CopyFrom(select.having_clause)
        select.having_clause.bool_expr.boolop = 1
        for each in (some, before):
            select.having_clause.bool_expr.args.add().CopyFrom(each)
    else:
        select.having_clause.CopyFrom(some)
