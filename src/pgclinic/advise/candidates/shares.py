"""Which share of a table's rows a condition keeps, by the statistics, as the planner would estimate it (selfuncs.c)."""

from pgclinic.advise.candidates.target import Target
from pgclinic.model.shape import Condition
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sql.arrays import parse_array

MOST_KEPT = 0.9
"""A predicate that keeps more than this saves too little."""
_RANGED = frozenset({"<", "<=", ">", ">="})
_TRUTH = {"is true": "t", "is false": "f"}
_BOOLEANS = {"true": "t", "false": "f"}


def share_of(target: Target, condition: Condition) -> float | None:
    """The share of rows for which a condition on a column with constants holds; None without statistics."""
    statistics = target.statistics(condition.operand)
    if statistics is None:
        return None
    if condition.operator in _RANGED:
        return _share_of_range(condition, statistics)
    if condition.operator in _TRUTH:
        return share_of_value(target, condition.operand, _TRUTH[condition.operator])
    alone = {"is null": statistics.null_frac, "is not null": 1 - statistics.null_frac}.get(condition.operator)
    return _share_of_values(target, condition, statistics) if alone is None else alone


def _share_of_range(condition: Condition, statistics: ColumnStatistics) -> float | None:
    """How much of a column of numbers lies on one side of a bound: of its common values, and of its histogram."""
    try:
        (bound,) = (float(each) for each in condition.constants)
        common = [float(each or "nan") for each in parse_array(statistics.most_common_vals or "{}")]
        bounds = [float(each or "nan") for each in parse_array(statistics.histogram_bounds or "{}")]
    except ValueError:
        return None
    is_upper = condition.operator.startswith("<")
    weighed = list(zip(common, statistics.most_common_freqs or (), strict=False))
    among_common = sum(share for value, share in weighed if (value <= bound if is_upper else value >= bound))
    rest = max(0.0, 1 - statistics.null_frac - sum(share for _, share in weighed))
    inside = sum(value <= bound if is_upper else value >= bound for value in bounds)
    return among_common + rest * (inside / len(bounds) if bounds else 0)


def _share_of_values(target: Target, condition: Condition, statistics: ColumnStatistics) -> float | None:
    values = condition.constants or (("t",) if target.type(condition.operand) == "boolean" else ())
    shares = [share_of_value(target, condition.operand, value) for value in values]
    known = sum(share for share in shares if share is not None)
    if not shares or None in shares:
        return None
    return {"=": known, "<>": 1 - statistics.null_frac - known}.get(condition.operator)


def is_common(target: Target, column: str, value: str) -> bool:
    """Whether the statistics name the value, so that it is no news to whoever may read the snapshot."""
    return _spelled(target, column, value) in (_common(target, column) or {})


def share_of_value(target: Target, column: str, value: str) -> float | None:
    """The share of rows with one value: its own among the common ones, else an equal part of the rest."""
    statistics, shares = target.statistics(column), _common(target, column)
    if statistics is None or shares is None:
        return None
    rest = max(0.0, 1 - statistics.null_frac - sum(shares.values()))
    return shares.get(_spelled(target, column, value), rest / max(1.0, target.distinct(column) - len(shares)))


def _common(target: Target, column: str) -> dict[str | None, float] | None:
    statistics = target.statistics(column)
    if statistics is None or statistics.most_common_vals is None:
        return None
    try:
        values = parse_array(statistics.most_common_vals)
    except ValueError:
        return None
    return dict(zip(values, statistics.most_common_freqs or (), strict=False))


def _spelled(target: Target, column: str, value: str) -> str:
    """As the statistics write it."""
    return _BOOLEANS.get(value, value) if target.type(column) == "boolean" else value
