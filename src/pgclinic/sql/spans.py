"""Spans of time that kept sums are cut into: how long those are that a statement asks for, and where each begins.

A span divides a day and one of them begins at midnight UTC, so that an expression that is the same all over a span
(``date_trunc('hour', …)``, ``extract(hour from …)``) can be asked of the moment when the span begins.
"""

import re
from collections.abc import Sequence

from pgclinic.sql.constants import constant_value
from pgclinic.sql.tree import Node, Tree, expression_of, replace_nodes, select_list, strings

ZONE = "UTC"
"""The zone whose days are kept."""
DAY, HOUR, MINUTE = 86_400, 3_600, 60
INSTANT = "interval '1 microsecond'"

_NAMES = {DAY: "day", HOUR: "hour", MINUTE: "minute"}
_LENGTHS = {"second": 1, "sec": 1, "minute": MINUTE, "min": MINUTE, "hour": HOUR, "h": HOUR, "day": DAY, "d": DAY}
_LENGTH = re.compile(r"(\d{1,6}) ?([a-z]+?)s?")
_CLOCK = re.compile(r"(\d{1,4}):(\d\d)(?::00)?")
_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]00:00(?::00)?(?:\+00(?::?00)?|Z)?)?")
_SHORT = 3 * DAY
"""A window that moves and is no longer has few whole days in it."""
_FEWEST_HOURS = 2


def name_of(span: int) -> str:
    """What the spans are called, as a part of an identifier."""
    return _NAMES.get(span) or (f"minutes_{span // MINUTE}" if span % MINUTE == 0 else f"seconds_{span}")


def interval(span: int) -> str:
    """The length as SQL; a day has 24 hours."""
    return {DAY: "interval '24 hours'", HOUR: "interval '1 hour'"}.get(span, f"interval '{span} seconds'")


def beginning(value: str, span: int, moment: str) -> str:
    """When the span begins that ``value`` is in, as SQL; ``moment`` is timestamptz or timestamp."""
    is_zoned = moment == "timestamptz"
    if span in _NAMES:
        zone = f", '{ZONE}'" if is_zoned else ""
        return f"pg_catalog.date_trunc('{_NAMES[span]}', {value}{zone})"
    origin = f"{moment} '2000-01-01 00:00{'+00' if is_zoned else ''}'"
    return f"pg_catalog.date_bin({interval(span)}, {value}, {origin})"


def span_of(node: Tree) -> int:
    """Seconds of the longest spans all over which an expression over one column has one value; 0 where there is none.

    ``date(column)``, ``column::date``, ``date_trunc`` from days to minutes, ``date_bin`` from a midnight on, and
    ``extract(hour from …)``. All but the last tell each span from every other.
    """
    if node.WhichOneof("node") == "type_cast":
        is_date = strings(node.type_cast.type_name.names)[-1:] == ("date",)
        return DAY if is_date and _is_column(node.type_cast.arg) else 0
    name, arguments = strings(node.func_call.funcname)[-1:], list(node.func_call.args)
    constants = [None if _is_column(each) else constant_value(each) for each in arguments]
    texts = [each.text if each is not None else None for each in constants]
    # What is no call has an empty one here.
    match name, list(map(_is_column, arguments)):
        case ("date",), [True]:
            return DAY
        case ("date_trunc",), [False, True]:
            return next((span for span, unit in _NAMES.items() if unit == texts[0]), 0)
        case ("extract",) | ("date_part",), [False, True]:
            return HOUR if texts[0] == "hour" else 0
        case ("date_bin",), [False, True, False]:
            length = length_of(texts[0] or "") if _MIDNIGHT.fullmatch(texts[2] or "") else 0
            return length if length and DAY % length == 0 else 0
        case _:
            return 0


def repeats(node: Tree) -> bool:
    """Whether an expression of ``span_of`` has the same value for several spans."""
    return node.WhichOneof("node") == "func_call" and strings(node.func_call.funcname)[-1] in {"extract", "date_part"}


def span_within(bounds: Sequence[Tree]) -> int:
    """Spans that fit into a window that moves with the clock: hours where it has few whole days, else days."""
    back = (each.a_expr for each in bounds if each.WhichOneof("node") == "a_expr" and _is_now(each.a_expr.lexpr))
    ago = [constant_value(each.rexpr) for each in back if strings(each.name)[-1:] == ("-",)]
    lengths = [length_of(each.text) for each in ago if each is not None and each.text is not None]
    is_short = bool(lengths) and _FEWEST_HOURS * HOUR <= max(lengths) < _SHORT
    return HOUR if is_short else DAY


def length_of(text: str) -> int:
    """Seconds of an interval as people write it, ``24 hours`` or ``00:15``; 0 for any other."""
    simple, clock = _LENGTH.fullmatch(text.strip().lower()), _CLOCK.fullmatch(text.strip())
    if clock:
        return int(clock[1]) * HOUR + int(clock[2]) * MINUTE
    return int(simple[1]) * _LENGTHS.get(simple[2], 0) if simple else 0


def with_moment(expression: Tree, moment: str) -> Tree:
    """The expression over another moment, SQL, in the place of its column."""
    changed, other = Node(), expression_of(moment)
    changed.CopyFrom(expression)
    replace_nodes(changed, lambda node: other if _is_column(node) else None)
    return changed


def is_steady(expression: Tree, bucket: str, span: int) -> str:
    """SQL that is true where the expression has one value all over the span that begins at ``bucket``.

    Else an error that says so: half hours of a zone are none of the hours that are kept, and silence would be wrong.
    """
    first = select_list([with_moment(expression, bucket)])
    last = select_list([with_moment(expression, f"{bucket} + {interval(span)} - {INSTANT}")])
    return (
        f"case when {first} is not distinct from {last} then true"
        f" else ('the spans that are kept are none of ' || pg_catalog.current_setting('TimeZone'))::boolean end"
    )


def _is_column(node: Tree) -> bool:
    return bool(node.WhichOneof("node") == "column_ref")


def _is_now(node: Tree) -> bool:
    if node.WhichOneof("node") == "sqlvalue_function":
        field = node.sqlvalue_function.DESCRIPTOR.fields_by_name["op"]
        return bool("TIMESTAMP" in field.enum_type.values_by_number[node.sqlvalue_function.op].name)
    return strings(node.func_call.funcname)[-1:] in {("now",), ("transaction_timestamp",), ("statement_timestamp",)}
