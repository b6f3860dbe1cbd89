"""Partial indexes: rows that the statement's own WHERE sets apart, so that the planner knows to find all there.

A constant in the query or in a view; a value that was really seen for a ``$n`` and is rare; ``IS NULL`` (soft delete);
``IS NOT NULL`` where most rows are null, which any comparison with the column implies.
"""

from collections.abc import Iterator
from itertools import combinations, islice

import msgspec

from pgclinic.advise.candidates import expression, gin
from pgclinic.advise.candidates.covering import payload_of
from pgclinic.advise.candidates.keys import Keys, leading, of_form
from pgclinic.advise.candidates.shares import MOST_KEPT, is_common, share_of, share_of_value
from pgclinic.advise.candidates.target import Target
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.sql import quote
from pgclinic.sql.built_in import family_of

_MOST_PREDICATES = 4
_MOST_KEYS = 8
"""Lists of keys that are tried with one predicate."""
_MOST_VALUES = 2
_RARE = 0.2
_FEW_VALUES = 100
"""A column with more different values has none that an index of its own would be made for."""
_MANY_NULLS = 0.25
_FIXING = frozenset({"=", "is null", "is true", "is false"})
_MOVING = frozenset({"<", "<=", ">", ">="})
_STRICT = frozenset({"=", "<>", "<", "<=", ">", ">=", "~~", "~~*", "@>", "&&"})


class _Predicate(msgspec.Struct, frozen=True):
    """``sql`` sets rows apart wherever ``arm`` holds; ``fixed`` columns have one value there."""

    sql: str
    arm: tuple[int, ...] = ()
    fixed: frozenset[str] = frozenset()


def propose(target: Target) -> Iterator[IndexDefinition]:
    """Each predicate with the keys that are still searched or sorted by, and with what else is read."""
    constant = tuple(islice(dict.fromkeys(_constant(target)), _MOST_PREDICATES))
    for predicate in (*constant, *_together(constant), *islice(_seen(target), _MOST_PREDICATES)):
        yield from _indexes(target, predicate)
    for name in _mostly_null(target):
        predicate = _Predicate(f"{quote.identifier(name)} is not null")
        own = (keys for keys in leading(target) if keys[0].expression == name)
        yield from _with_keys(target, predicate, islice(own, _MOST_KEYS))


def _constant(target: Target) -> Iterator[_Predicate]:
    """Conditions of the text itself that leave out a good part of the rows and do not move with time.

    A column with many values is not set apart by one of them: ``customer = 7`` in a text is one customer's query.
    """
    for condition in target.use.conditions:
        if (
            not condition.clause
            or not condition.is_column
            or condition.is_join
            or condition.operand not in target.columns
        ):
            continue
        if condition.operator in _MOVING and family_of(target.type(condition.operand)) != "number":
            continue
        share = share_of(target, condition)
        if share is None or share > MOST_KEPT or target.expression_type(condition.clause) != "boolean":
            continue
        if condition.constants and target.distinct(condition.operand) > _FEW_VALUES:
            continue
        is_fixed = condition.operator in _FIXING and len(condition.constants) <= 1
        yield _Predicate(condition.clause, condition.arm, frozenset({condition.operand} if is_fixed else ()))


def _together(predicates: tuple[_Predicate, ...]) -> Iterator[_Predicate]:
    """Two conditions of the same place at once."""
    for one, other in combinations(predicates, 2):
        if one.arm == other.arm:
            yield _Predicate(f"{one.sql} and {other.sql}", one.arm, one.fixed | other.fixed)


def _seen(target: Target) -> Iterator[_Predicate]:
    """Values that the application really sent for a ``$n``, of a column with few, where they are rare.

    Only those that the statistics name too: what a log says is confidential, and a predicate is shown.
    """
    for condition in target.use.conditions:
        if not condition.parameter or condition.operator != "=" or condition.is_list or not condition.is_column:
            continue
        values = [
            each.values[condition.parameter - 1] for each in target.seen if len(each.values) >= condition.parameter
        ]
        counted = {value: values.count(value) for value in dict.fromkeys(values) if value and "\0" not in value}
        counted = {value: count for value, count in counted.items() if is_common(target, condition.operand, value)}
        frequent = sorted(counted, key=lambda value: -counted[value])[:_MOST_VALUES]
        for value in frequent:
            share = share_of_value(target, condition.operand, value)
            if share is not None and share <= _RARE and target.distinct(condition.operand) <= _FEW_VALUES:
                sql = f"{quote.identifier(condition.operand)} = {quote.literal(value)}"
                yield _Predicate(sql, condition.arm, frozenset({condition.operand}))


def _mostly_null(target: Target) -> Iterator[str]:
    names = (
        each.operand
        for each in target.use.conditions
        if each.is_column and each.operator in _STRICT and each.operand in target.columns
    )
    for name in dict.fromkeys(names):
        statistics = target.statistics(name)
        if statistics is not None and _MANY_NULLS <= statistics.null_frac < 1:
            yield name


def _indexes(target: Target, predicate: _Predicate) -> Iterator[IndexDefinition]:
    """All kinds of index over the rows of a predicate."""
    rest = _without(target, predicate)
    fallback = [name for name in target.in_order(predicate.fixed | target.use.columns) if name in target.sortable]
    keys = tuple(islice(of_form(rest), _MOST_KEYS))
    if not keys:
        keys = tuple((IndexKey(name),) for name in fallback[:1])
    yield from _with_keys(rest, predicate, iter(keys))
    for kind in (expression, gin):
        for definition in islice(kind.propose(rest), _MOST_PREDICATES):
            yield msgspec.structs.replace(definition, predicate=predicate.sql)


def _with_keys(target: Target, predicate: _Predicate, lists: Iterator[Keys]) -> Iterator[IndexDefinition]:
    for keys in lists:
        yield IndexDefinition(target.use.relation, keys, predicate=predicate.sql)
        payload = payload_of(target, keys)
        if payload:
            yield IndexDefinition(target.use.relation, keys, include=payload, predicate=predicate.sql)


def _without(target: Target, predicate: _Predicate) -> Target:
    """The use of the table as it is within the predicate's rows: its fixed columns need not be searched any more.

    Nor be carried: a condition that the predicate implies is not tested again (``check_index_only``).
    """
    conditions = tuple(
        each
        for each in target.use.conditions
        if each.operand not in predicate.fixed and (not predicate.arm or each.arm == predicate.arm[: len(each.arm)])
    )
    compared = target.use.compared - predicate.fixed
    if predicate.arm:
        compared &= {each.operand for each in conditions}
    use = msgspec.structs.replace(
        target.use,
        conditions=conditions,
        compared=compared,
        columns=target.use.columns - predicate.fixed,
    )
    return Target(use, target.relation, target.snapshot, target.limits, target.seen)
