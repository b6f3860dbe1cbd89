"""Values for a statement's ``$n``, drawn from the statistics of the columns that they are compared with.

Never invented: a parameter whose column says nothing stays open, and the planner guesses as it does for a generic plan.
Several sets are drawn (common, middling, rare values; recent, half-way, old ranges; short and long lists), because a
plan's cost depends on which value it is.
"""

from pgclinic.model.clock import seconds_between
from pgclinic.model.shape import ParameterUse, Shape
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.model.workload import ParameterSet
from pgclinic.sql.arrays import parse_array, write_array

SETS = 3
"""How many sets are drawn."""

_LOWER_SHARES = (0.99, 0.9, 0.5)
"""Where in the column's range ``column > $n`` begins: mostly near the end, where applications look."""
_UPPER_SHARES = (0.01, 0.1, 0.5)
_BETWEEN_SHARES = ((0.98, 0.99), (0.9, 1.0), (0.45, 0.55))
_LIST_LENGTHS = (1, 5, 20)
_LOWER, _UPPER = frozenset({">", ">="}), frozenset({"<", "<="})
_EQUALS = frozenset({"=", "<>"})
_PATTERNS = frozenset({"~~", "~~*"})
_CONTAINS = frozenset({"@>", "<@", "&&"})
_LONGEST_PREFIX = 8


def parameter_sets(
    shape: Shape, snapshot: Snapshot, rows_per_call: float | None, *, squashed: frozenset[int] = frozenset()
) -> tuple[ParameterSet, ...]:
    """Up to SETS different sets of values; none when no parameter can be drawn.

    ``rows_per_call`` stands for a LIMIT: what the statement returned on average is what it was allowed to.
    ``squashed`` are the parameters that stand for a whole list, ``in ($n /*, ... */)``.
    """
    numbers = {use.number for use in shape.parameters}
    found: dict[ParameterSet, None] = {}
    for variant in range(SETS):
        draws = _Draws(shape, snapshot, variant, rows_per_call, squashed)
        values: dict[int, str] = {}
        for use in shape.parameters:
            value = draws.value(use) if use.number not in values else None
            if value is not None:
                values[use.number] = value
        if values:
            found[
                ParameterSet(
                    tuple(values.get(number) for number in range(1, max(numbers) + 1)),
                    "statistics",
                    lists=squashed & set(values),
                    open=frozenset(numbers - set(values)),
                )
            ] = None
    return tuple(found)


class _Draws:
    """One set's choices: the commoner values and shorter lists for the first ``variant``, the rarer for the last."""

    def __init__(
        self, shape: Shape, snapshot: Snapshot, variant: int, rows_per_call: float | None, squashed: frozenset[int]
    ) -> None:
        self._shape = shape
        self._snapshot = snapshot
        self._variant = variant
        self._rows_per_call = rows_per_call
        self._squashed = squashed

    def value(self, use: ParameterUse) -> str | None:
        """A value for where the parameter stands, or None when nothing is known of it."""
        if use.role == "limit":
            return str(max(1, round(self._rows_per_call or 1)))
        if use.role == "offset":
            return "0"
        statistics = _statistics(use, self._snapshot)
        return None if statistics is None else self._of_column(use, statistics)

    def _of_column(self, use: ParameterUse, statistics: ColumnStatistics) -> str | None:
        if use.role in {"before_now", "after_now"}:
            moment = _quantile(statistics, _LOWER_SHARES[self._variant])
            return None if moment is None else _distance(moment, self._snapshot.header.clock)
        if use.role == "list" or use.number in self._squashed:
            return self._list(statistics) if use.operator in _EQUALS else None
        found = None
        if use.operator in _LOWER | _UPPER:
            found = self._bound(use, statistics)
        elif use.operator in _EQUALS:
            found = self._equal(use, statistics)
        elif use.operator in _PATTERNS:
            found = self._pattern(statistics)
        elif use.operator in _CONTAINS:
            found = self._contained(statistics)
        return found

    def _equal(self, use: ParameterUse, statistics: ColumnStatistics) -> str | None:
        values = _values(statistics)
        if not values:
            return None
        # Uses of the same column ($1 and $2 in an IN list) get neighbouring values.
        siblings = [each.number for each in self._beside(use)]
        return values[(self._variant * max(1, len(values) // SETS) + siblings.index(use.number)) % len(values)]

    def _list(self, statistics: ColumnStatistics) -> str | None:
        """A list of values from all over the column, as an array."""
        length = _LIST_LENGTHS[self._variant]
        values = tuple(
            dict.fromkeys((*_elements(statistics.most_common_vals), *_elements(statistics.histogram_bounds)))
        )
        return write_array(values[:: max(1, len(values) // length)][:length]) if values else None

    def _bound(self, use: ParameterUse, statistics: ColumnStatistics) -> str | None:
        partners = {each.operator for each in self._beside(use)}
        is_lower = use.operator in _LOWER
        if partners & _LOWER and partners & _UPPER:
            return _quantile(statistics, _BETWEEN_SHARES[self._variant][0 if is_lower else 1])
        return _quantile(statistics, (_LOWER_SHARES if is_lower else _UPPER_SHARES)[self._variant])

    def _pattern(self, statistics: ColumnStatistics) -> str | None:
        """What LIKE may look for: the beginning of a value, something inside one, or nearly all of one."""
        values = _values(statistics)
        if not values:
            return None
        value = values[self._variant * max(1, len(values) // SETS) % len(values)]
        length = max(1, min(len(value) // 2, _LONGEST_PREFIX))
        begin, middle = value[:length], value[len(value) // 4 :][:length]
        return (f"{_escaped(begin)}%", f"%{_escaped(middle)}%", f"{_escaped(value)}%")[self._variant]

    def _contained(self, statistics: ColumnStatistics) -> str | None:
        """An element of an array column; of jsonb and ranges, a whole value."""
        elements = _elements(statistics.most_common_elems)
        if elements:
            return write_array((elements[self._variant * max(1, len(elements) // SETS) % len(elements)],))
        values = _elements(statistics.most_common_vals)
        return values[self._variant % len(values)] if values else None

    def _beside(self, use: ParameterUse) -> list[ParameterUse]:
        return [each for each in self._shape.parameters if (each.relation, each.column) == (use.relation, use.column)]


def _escaped(text: str) -> str:
    """Text that LIKE takes as it is."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _statistics(use: ParameterUse, snapshot: Snapshot) -> ColumnStatistics | None:
    relation = snapshot.relation_by_name.get(use.relation) if use.relation else None
    if relation is None:
        return None
    plain = snapshot.statistics_of.get((relation.oid, use.column, False))
    return plain or snapshot.statistics_of.get((relation.oid, use.column, True))


def _values(statistics: ColumnStatistics) -> tuple[str, ...]:
    """Values to be equal to: the commonest first, the rarest last."""
    common = _elements(statistics.most_common_vals)
    bounds = _elements(statistics.histogram_bounds)
    middle = bounds[len(bounds) // 10 : -1 : max(1, len(bounds) // 5)] if bounds else ()
    return tuple(dict.fromkeys((*common, *middle)))


def _quantile(statistics: ColumnStatistics, share: float) -> str | None:
    """The value below which about this share of the column lies, from the histogram, else the common values."""
    bounds = _elements(statistics.histogram_bounds)
    if not bounds:
        bounds = tuple(sorted(_elements(statistics.most_common_vals), key=_order))
    return bounds[min(len(bounds) - 1, int(share * len(bounds)))] if bounds else None


def _order(value: str) -> tuple[float, str]:
    try:
        return (float(value), "")
    except ValueError:
        return (0.0, value)


def _elements(array: str | None) -> tuple[str, ...]:
    try:
        return tuple(element for element in parse_array(array or "{}") if element is not None)
    except ValueError:
        return ()


def _distance(moment: str, clock: str) -> str | None:
    """The interval between a moment and the snapshot's clock, at least a second."""
    try:
        return f"{max(1, round(abs(seconds_between(moment, clock))))} seconds"
    except ValueError:
        return None
