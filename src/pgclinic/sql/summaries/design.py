"""The smallest summary that serves a statement's grouping, and how its aggregates are made of what is kept."""

import hashlib
import re
from collections.abc import Mapping

import msgspec

from pgclinic.sql import quote
from pgclinic.sql.grouping import (
    MOVING,
    Aggregate,
    Grouping,
    Unfit,
    bare,
    columns_of,
    has_parameters,
    without_modifier,
    without_places,
)
from pgclinic.sql.spans import DAY, ZONE, beginning, name_of, repeats
from pgclinic.sql.summaries.summary import Measure, Summary, nan_of, subtractable
from pgclinic.sql.tree import select_list, strings

_SUMMED = {"smallint": "bigint", "integer": "bigint", "bigint": "numeric", "numeric": "numeric"}
"""What ``sum`` makes of each type; floating-point sums depend on their order and are not kept."""
_WHOLE = frozenset({"count", "percentile_cont", "percentile_disc", "mode", "stddev", "variance"})
_FLOATS = frozenset({"real", "double precision"})
_WORD = re.compile(r"[a-z0-9]+")
_CAST = re.compile(r"::[a-z0-9_ ]+")
_LONGEST = 48
"""Bytes of a column's name, so that a digest may follow (NAMEDATALEN is 64)."""


class _Composed(msgspec.Struct, frozen=True):
    """How one aggregate of a statement is made of measures: SQL over their names."""

    measures: tuple[Measure, ...]
    sql: str


class Design:
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
            nan = f"pg_catalog.sum({quote.identifier(nan_of(measure.name))}){outer}"
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


def _is_unclear(condition: str) -> bool:
    """Whether its words do not tell a filter from others of the same words."""
    return bool(condition) and not re.fullmatch(r" filter \(where [a-z0-9_]+ = '[a-z0-9_]+'(::text)?\)", condition)
