"""Kept sums of one table: what they hold, the query that makes them, and a SELECT rewritten to read them.

A summary has a row for each *cell*: a span of time, as a rule a day, and a value of each key column. Sums and counts
of whole statements are sums of those of cells (Gupta, Harinarayan, Quass, "Aggregate-query processing in data
warehousing environments", VLDB 1995); what cannot be added up (distinct counts, percentiles) is kept only where a cell
is all that is asked. A bound in time need not fall on the edge of a span: whole ones come from the summary,
the rest from the table.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql import quote
from pgclinic.sql.grouping import (
    MOVING,
    Aggregate,
    Bound,
    Grouping,
    Types,
    Unfit,
    bare,
    columns_of,
    groupings,
    has_parameters,
    with_views_written_out,
    without_modifier,
    without_places,
)
from pgclinic.sql.sources import Resolver
from pgclinic.sql.spans import DAY, INSTANT, ZONE, beginning, interval, is_steady, name_of, repeats, with_moment
from pgclinic.sql.tree import Node, Tree, expression_of, parse_one, replace_nodes, select_list, strings, written

_SAME_ZONES = ("UTC", "Etc/UTC", "GMT")
_IN_ZONE = (
    f"case when pg_catalog.current_setting('TimeZone') in ({', '.join(map(quote.literal, _SAME_ZONES))}) then true"
    f" else ('the days that are kept are those of {ZONE}, not of ' || pg_catalog.current_setting('TimeZone'))::boolean"
    " end"
)
"""True where a session's days are those that are kept; an error that says so elsewhere, for silence would be wrong."""

_SUMMED = {"smallint": "bigint", "integer": "bigint", "bigint": "numeric", "numeric": "numeric"}
"""What ``sum`` makes of each type; floating-point sums depend on their order and are not kept."""
_WHOLE = frozenset({"count", "percentile_cont", "percentile_disc", "mode", "stddev", "variance"})
_FLOATS = frozenset({"real", "double precision"})
_WORD = re.compile(r"[a-z0-9]+")
_CAST = re.compile(r"::[a-z0-9_ ]+")
_LONGEST = 48
"""Bytes of a column's name, so that a digest may follow (NAMEDATALEN is 64)."""


class Measure(msgspec.Struct, frozen=True):
    """A column of a summary: an aggregate ``sql`` over bare columns of the table, and how values are put together.

    ``kind`` is ``count``, ``sum``, ``min``, ``max``, or ``whole`` for what cannot be put together. Of a sum
    ``argument`` is the column and ``filter`` the clause behind the call.
    """

    name: str
    kind: str
    sql: str
    type: str
    argument: str = ""
    filter: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a table. ``keys`` are columns; ``bucket`` names the span's column, empty where there is none.

    ``day`` is the span, which has ``span`` seconds, as an expression over ``time``: in SQL over bare columns, of type
    ``day_type``. ``condition`` is what all rows kept have in common, SQL or empty.
    """

    table: RelationName
    time: str = ""
    bucket: str = ""
    day: str = ""
    day_type: str = ""
    span: int = DAY
    keys: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    condition: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns by which a cell is known."""
        return (self.bucket, *self.keys) if self.bucket else self.keys

    @property
    def is_whole(self) -> bool:
        """Whether it serves only those who ask for exactly its cells."""
        return any(each.kind == "whole" for each in self.measures)

    def serves(self, part: "Summary") -> bool:
        """Whether whoever asks for ``part`` can ask for this instead."""
        return part == self or united((self, part)) == self

    def cut_like(self, other: "Summary") -> "Summary":
        """The same of other spans."""
        return msgspec.structs.replace(
            self, bucket=other.bucket, day=other.day, day_type=other.day_type, span=other.span
        )


class Kept(msgspec.Struct, frozen=True):
    """Where a summary is kept: SQL for FROM. ``may_be_empty``: cells may have come to hold no row.

    ``log`` is SQL for FROM with the days, under the bucket's name, whose cells are no longer those of the table.
    ``summary`` is what is kept, whose spans may be shorter than those of who asks.
    """

    sql: str
    may_be_empty: bool = False
    log: str = ""
    summary: Summary | None = None


class _Composed(msgspec.Struct, frozen=True):
    """How one aggregate of a statement is made of measures: SQL over their names."""

    measures: tuple[Measure, ...]
    sql: str


def summary_of(grouping: Grouping, types: Mapping[str, str]) -> Summary:
    """The smallest summary that serves a grouping. Raises Unfit with the reason where none does."""
    return _Design(grouping, types).summary


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
            summary = summary_of(each, types_of(each, types))
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
            found = kept(summary_of(each, own))
            if found is not None:
                read_from(each, own, found)
        except Unfit:
            continue
    return written(tree)


def types_of(grouping: Grouping, types: Types) -> Mapping[str, str]:
    """The types of the grouping's table."""
    return types[grouping.relation.name]


def united(summaries: Sequence[Summary]) -> Summary | None:
    """One summary in the place of several: finer cells, all measures; None where that cannot be.

    Longer spans come along where the shortest have their keys already: more keys of hours could be as many as rows.
    """
    finest = min(summaries, key=lambda each: each.span)
    known = {key for each in summaries if each.span == finest.span for key in each.keys}
    if any(each.span % finest.span or not known.issuperset(each.keys) for each in summaries):
        return None
    first, *others = (each if each.span == finest.span else each.cut_like(finest) for each in summaries)
    like = [msgspec.structs.replace(each, keys=(), measures=()) for each in (first, *others)]
    if any(each != like[0] for each in like[1:]) or (others and any(each.is_whole for each in summaries)):
        return None
    keys = dict.fromkeys(key for each in summaries for key in each.keys)
    measures = dict.fromkeys(measure for each in summaries for measure in each.measures)
    return msgspec.structs.replace(first, keys=tuple(keys), measures=tuple(measures))


def subtractable(summary: Summary, types: Mapping[str, str]) -> Summary | None:
    """The summary such that rows can be taken away again; None where that cannot be.

    ``types`` are those of the table's columns. NaN swallows every sum, so it is counted apart; and of numbers of any
    scale the largest scale seen would stay in the sum's.
    """
    measures: list[Measure] = []
    for each in summary.measures:
        if each.kind not in {"count", "sum"}:
            return None
        if each.kind == "count" or without_modifier(types[each.argument]) != "numeric":
            measures.append(each)
            continue
        if types[each.argument] == "numeric":
            return None
        column = quote.identifier(each.argument)
        numbers = f"pg_catalog.sum(nullif({column}, 'NaN')){each.filter}"
        others = f"pg_catalog.count(nullif({column} = 'NaN', false)){each.filter}"
        measures.append(msgspec.structs.replace(each, sql=numbers))
        measures.append(Measure(_nan_of(each.name), "count", others, "bigint"))
    return msgspec.structs.replace(summary, measures=tuple(measures))


def _nan_of(name: str) -> str:
    return f"nan_{name}"


def definition_of(summary: Summary) -> str:
    """The query that makes the summary from its table, in the order of its cells."""
    places = _places(summary)
    return _of_table(summary, []) + (f" order by {places}" if places else "")


def counted(summary: Summary, *conditions: str) -> str:
    """The cells of the table, of rows with a day where it has days; none of no rows."""
    some = [f"{quote.identifier(summary.time)} is not null"] if summary.bucket else []
    return f"{_of_table(summary, [*some, *conditions])} having pg_catalog.count(*) > 0"


def columns_read(summary: Summary) -> tuple[str, ...]:
    """The columns of the table that what is kept depends on."""
    texts = [*(each.sql for each in summary.measures), *([summary.condition] if summary.condition else [])]
    read = dict.fromkeys(column for text in texts for column in sorted(columns_of(expression_of(text))))
    return tuple(dict.fromkeys((summary.time, *summary.keys, *read))) if summary.time else (*summary.keys, *read)


def of_rows(summary: Summary, rows: str, *, sign: str = "") -> str:
    """The cells of ``rows``, SQL for FROM with the table's columns; with ``-`` for ``sign`` as they are taken away."""
    measured = (f"{sign}{each.sql} as {quote.identifier(each.name)}" for each in summary.measures)
    places = _places(summary)
    grouped = f" group by {places}" if places else ""
    return f"select {', '.join((*_cells(summary), *measured))} from {rows}{grouped} having pg_catalog.count(*) > 0"


def read_from(grouping: Grouping, types: Mapping[str, str], kept: Kept) -> None:
    """Change the grouping's SELECT so that it reads what is kept. Raises Unfit before anything is changed."""
    design = _Design(grouping, types, subtracts=kept.may_be_empty)
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


class _Design:
    """The summary of one grouping, and how the grouping's aggregates are composed, by ``without_places``."""

    def __init__(self, grouping: Grouping, types: Mapping[str, str], *, subtracts: bool = False) -> None:
        self.grouping = grouping
        self.types = types
        self.subtracts = subtracts
        self.measures: dict[str, Measure] = {}
        self.rows = self._measure("count", "pg_catalog.count(*)", "bigint", "rows", "")
        self.composed: dict[bytes, _Composed] = {}
        self.keys = dict.fromkeys(grouping.keys)
        wholes = [each for each in grouping.aggregates if not self._adds_up(each)]
        condition = self._common_condition() if wholes else ""
        for each in grouping.aggregates:
            self.composed[without_places(each.node)] = self._whole(each) if each in wholes else self._sum(each)
        if not wholes:
            for each in grouping.conditions:
                self.keys |= dict.fromkeys(sorted(columns_of(each)))
        if wholes and grouping.moment is not None and repeats(grouping.moment):
            raise Unfit(MOVING)
        if wholes and tuple(self.keys) != grouping.keys:
            raise Unfit("its distinct counts and percentiles depend on values that change from call to call")
        self.summary = self._summary(condition)
        if subtracts:
            changing = subtractable(self.summary, types)
            if changing is None:
                raise Unfit("what it sums up cannot be taken away again")
            self.summary = changing

    def _summary(self, condition: str) -> Summary:
        grouping = self.grouping
        day = day_type = bucket = ""
        if grouping.time:
            bucket = self._free(name_of(grouping.span), "")
            day, day_type = self._day()
        return Summary(
            table=grouping.relation.name,
            time=grouping.time,
            bucket=bucket,
            day=day,
            day_type=day_type,
            span=grouping.span,
            keys=tuple(self.keys),
            measures=tuple(self.measures.values()),
            condition=condition,
        )

    def _day(self) -> tuple[str, str]:
        """The span as it is kept: a day as a statement groups by it, else the moment when it begins."""
        time = quote.identifier(self.grouping.time)
        is_zoned = without_modifier(self.types[self.grouping.time]) == "timestamp with time zone"
        moment, span = self.grouping.moment, self.grouping.span
        if moment is not None and span == DAY:
            if not all(bound.is_day and bound.operator in {">=", "<"} for bound in self.grouping.bounds):
                raise Unfit("it groups by day from within a day on")
            is_date = moment.WhichOneof("node") == "type_cast" or strings(moment.func_call.funcname)[-1] == "date"
            if is_date:
                return f"({time} at time zone '{ZONE}')::date" if is_zoned else f"{time}::date", "date"
        if is_zoned:
            return beginning(time, span, "timestamptz"), "timestamp with time zone"
        return beginning(time, span, "timestamp"), "timestamp without time zone"

    def _adds_up(self, aggregate: Aggregate) -> bool:
        if not aggregate.is_plain or aggregate.is_distinct:
            return False
        if aggregate.name in {"count", "min", "max"}:
            return True
        return aggregate.name in {"sum", "avg"} and self._type(aggregate.argument) in _SUMMED

    def _type(self, column: str) -> str:
        return without_modifier(self.types.get(column, ""))

    def _common_condition(self) -> str:
        """For what cannot be put together a cell must be all that is asked."""
        grouping = self.grouping
        if grouping.moment is None and grouping.bounds:
            raise Unfit(MOVING)
        if any(has_parameters(each) for each in grouping.conditions):
            raise Unfit("its distinct counts and percentiles depend on values that change from call to call")
        return " and ".join(f"({select_list([bare(each)])})" for each in grouping.conditions)

    def _whole(self, aggregate: Aggregate) -> _Composed:
        if aggregate.name not in _WHOLE or has_parameters(aggregate.node):
            raise Unfit("what it sums up cannot be kept")
        if aggregate.name in {"stddev", "variance"} and self._type(aggregate.argument) in _FLOATS:
            raise Unfit("what it sums up cannot be kept")
        result = {"count": "bigint", "percentile_cont": "double precision"}.get(aggregate.name, "numeric")
        is_named = aggregate.is_distinct and aggregate.is_plain and aggregate.filter is None
        stem = f"distinct_{aggregate.argument}" if is_named else aggregate.name
        measure = self._measure("whole", aggregate.sql, result, stem, "" if is_named else aggregate.sql)
        return _Composed((measure,), f"pg_catalog.min({quote.identifier(measure.name)})")

    def _sum(self, aggregate: Aggregate) -> _Composed:
        """Sums, counts, ends and averages, whose filter is kept with them where it has no parameter."""
        is_open = aggregate.filter is not None and has_parameters(aggregate.filter)
        if is_open:
            self.keys |= dict.fromkeys(sorted(columns_of(aggregate.filter)))
        condition = "" if aggregate.filter is None else f" filter (where {select_list([aggregate.filter])})"
        inner, outer = ("", condition) if is_open else (condition, "")
        argument = quote.identifier(aggregate.argument) if aggregate.argument else "*"

        def total(name: str, result: str) -> tuple[Measure, str]:
            sql = f"pg_catalog.{name}({argument}){inner}"
            stem = f"{name}_{aggregate.argument}" if aggregate.argument else "rows"
            measure = self._measure(name, sql, result, stem, inner, aggregate.argument)
            combining = "sum" if name == "count" else name
            return measure, f"pg_catalog.{combining}({quote.identifier(measure.name)}){outer}"

        if aggregate.name == "count":
            measure, sql = total("count", "bigint")
            return _Composed((measure,), f"coalesce({sql}, 0)::bigint")
        if aggregate.name in {"min", "max"}:
            measure, sql = total(aggregate.name, self.types.get(aggregate.argument, "text"))
            return _Composed((measure,), sql)
        measure, sql = total("sum", _SUMMED[self._type(aggregate.argument)])
        if self.subtracts and self._type(aggregate.argument) == "numeric":
            nan = f"pg_catalog.sum({quote.identifier(_nan_of(measure.name))}){outer}"
            sql = f"case when {nan} > 0 then 'NaN' else {sql} end"
        count, counted = total("count", "bigint")
        if aggregate.name == "sum":
            # What was added and taken away again sums up to zero, where the sum of nothing is null.
            whole = f"case when {counted} > 0 then {sql} end"
            return _Composed((measure, count), f"({whole})::bigint" if measure.type == "bigint" else f"({whole})")
        return _Composed((measure, count), f"(({sql}) / nullif({counted}, 0))")

    def _measure(self, kind: str, sql: str, result: str, stem: str, condition: str, argument: str = "") -> Measure:
        if sql not in self.measures:
            name, of_sum = self._free(stem.rstrip("_"), condition), kind == "sum"
            self.measures[sql] = Measure(
                name, kind, sql, result, argument if of_sum else "", condition if of_sum else ""
            )
        return self.measures[sql]

    def _free(self, stem: str, condition: str) -> str:
        """A name that tells what the column holds, the same for the same in every summary, and of none of the table's.

        The values of a filter make names apart, and a digest where they do not.
        """
        words = "_".join(_WORD.findall(_CAST.sub("", condition.lower().replace("filter (where", ""))))
        name = f"{stem}_{words}" if words else stem
        if len(name) > _LONGEST or name in self.grouping.relation.columns or _is_unclear(condition):
            digest = hashlib.sha256(condition.encode()).hexdigest()[:6]
            name = f"{name[:_LONGEST]}_{digest}"
        return name


def _cells(summary: Summary) -> Iterator[str]:
    if summary.bucket:
        yield f"{summary.day} as {quote.identifier(summary.bucket)}"
    yield from map(quote.identifier, summary.keys)


def _measured(summary: Summary) -> Iterator[str]:
    for measure in summary.measures:
        yield f"{measure.sql} as {quote.identifier(measure.name)}"


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
    yield f"select {names} from {kept.sql}{_where([*whole, *guard(bucket)])}"
    if lower:
        yield _of_table(summary, [*own, f"{time} < {first}", *guard(summary.day)])
    if upper:
        inside = [f"{time} >= {first}"] if lower else []
        yield _of_table(summary, [*own, f"{time} >= {end}", *inside, *guard(summary.day)])


def _days(grouping: Grouping, summary: Summary, kept: Kept, names: str) -> Iterator[str]:
    """Whole days alone, where the session's days are those that are kept; those in the log are made of the table."""
    bucket = quote.identifier(summary.bucket)
    type_name = {"date": "date", "timestamp with time zone": "timestamptz"}.get(summary.day_type, "timestamp")
    whole = [f"{bucket} {bound.operator} ({_sql(bound)})::{type_name}" for bound in grouping.bounds]
    guard = [_IN_ZONE] if f"'{ZONE}'" in summary.day else []
    if not kept.log:
        yield f"select {names} from {kept.sql}{_where([*whole, *guard])}"
        return
    if not whole:
        raise Unfit("it asks for every day")
    is_noted = f"exists (select from {kept.log} as noted where noted.{bucket} = cells.{bucket})"
    yield f"select {names} from {kept.sql} as cells{_where([*whole, *guard, f'not {is_noted}'])}"
    yield of_days(summary, f"(select distinct {bucket} from {kept.log}{_where(whole)})")


def of_days(summary: Summary, days: str) -> str:
    """The cells of these days, SQL for FROM with the bucket's column, made of the table through an index on its day."""
    targets = ", ".join(
        (f"noted.{quote.identifier(summary.bucket)}", *map(quote.identifier, summary.keys), *_measured(summary))
    )
    own = [f"{summary.day} = noted.{quote.identifier(summary.bucket)}", *filter(None, [summary.condition])]
    return (
        f"select {targets} from {days} as noted, {quote.relation(summary.table)}{_where(own)}"
        f" group by {_places(summary)}"
    )


def _places(summary: Summary) -> str:
    """What the cells are grouped and ordered by, as places of a select list."""
    return ", ".join(str(place) for place in range(1, len(summary.columns) + 1))


def _of_table(summary: Summary, conditions: list[str]) -> str:
    targets = ", ".join((*_cells(summary), *_measured(summary)))
    places = _places(summary)
    own = [summary.condition] if summary.condition else []
    grouped = f" group by {places}" if places else ""
    return f"select {targets} from {quote.relation(summary.table)}{_where([*conditions, *own])}{grouped}"


def _where(conditions: list[str]) -> str:
    return f" where {' and '.join(conditions)}" if conditions else ""


def _sql(bound: Bound) -> str:
    return select_list([bound.value])


def _first_whole(bound: Bound, span: int, moment: str) -> str:
    """When the first span begins of which every moment is within the bound."""
    value = f"({_sql(bound)})::{moment}"
    # A bound that begins a span itself begins a whole one, unless it is left out.
    late = f"{value} + {interval(span)}" if bound.operator == ">" else f"{value} + {interval(span)} - {INSTANT}"
    return beginning(late, span, moment)


def _is_unclear(condition: str) -> bool:
    """Whether its words do not tell a filter from others of the same words."""
    return bool(condition) and not re.fullmatch(r" filter \(where [a-z0-9_]+ = '[a-z0-9_]+'(::text)?\)", condition)


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
