"""Figures of a snapshot as PostgreSQL could have stated them: a file may hold anything, and nobody may fall over it."""

import math
from functools import lru_cache

import msgspec

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.statistics import ColumnStatistics

_MOST_PAGES = 2**32 - 2
"""No relation is longer (MaxBlockNumber + 1)."""
_MOST_ROWS = 1e12
_WIDEST = 100_000
_LARGEST_OPTION = 9
"""Digits."""


def rows(number: float) -> float:
    """A count of rows, 0 where it is not known."""
    return within(number, 0.0, _MOST_ROWS)


def pages(number: float) -> int:
    """A count of pages."""
    return int(within(number, 0, _MOST_PAGES))


def within(number: float, low: float, high: float) -> float:
    """The number, or the end of the range that it is beyond; ``low`` for what is no number."""
    return low if math.isnan(number) else min(max(number, low), high)


def option(definition: IndexDefinition, name: str, default: int) -> int:
    """A whole number among the storage parameters."""
    for each in definition.options:
        found, _, value = each.partition("=")
        if found == name and value.isascii() and value.isdigit() and len(value) <= _LARGEST_OPTION:
            return int(value)
    return default


@lru_cache(maxsize=4096)
def statistics(row: ColumnStatistics) -> ColumnStatistics:
    """A row of pg_stats with each figure in its range; lists with others are taken for unknown."""
    return msgspec.structs.replace(
        row,
        null_frac=within(row.null_frac, 0.0, 1.0),
        avg_width=int(within(row.avg_width, 0, _WIDEST)),
        n_distinct=within(row.n_distinct, -1.0, _MOST_ROWS) if row.n_distinct == row.n_distinct else 0.0,
        correlation=None if row.correlation is None else within(row.correlation, -1.0, 1.0),
        most_common_freqs=_shares(row.most_common_freqs, most=1.001),
        most_common_elem_freqs=_shares(row.most_common_elem_freqs, most=math.inf),
        elem_count_histogram=_counts(row.elem_count_histogram),
    )


def _shares(found: tuple[float, ...] | None, most: float) -> tuple[float, ...] | None:
    if not found or not all(0 <= share <= 1 for share in found) or sum(found) > most:
        return None
    return found


def _counts(found: tuple[float, ...] | None) -> tuple[float, ...] | None:
    return found if found and all(0 <= count <= _WIDEST for count in found) else None
