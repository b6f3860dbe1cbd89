"""The values that ANALYZE kept of a column, as a sample: commonest ones with their share, the rest evenly."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sizes.types import LONGEST_SHORT_VARLENA, bare
from pgclinic.sql.arrays import parse_array

_MOST_WIDTHS = 12


def sample(statistics: ColumnStatistics) -> Iterator[tuple[str, float]]:
    """Values as text, each with its share of the rows that are not null; nothing when the values are not known."""
    not_null = 1 - statistics.null_frac
    frequencies = statistics.most_common_freqs or ()
    if not_null <= 0:
        return
    common = _values(statistics.most_common_vals)
    if len(common) == len(frequencies):
        yield from ((value, share / not_null) for value, share in zip(common, frequencies, strict=True))
    bounds = _values(statistics.histogram_bounds)
    rest = max(0.0, 1 - sum(frequencies) / not_null)
    yield from ((value, rest / len(bounds)) for value in bounds)


def _values(array: str | None) -> tuple[str, ...]:
    try:
        return tuple(value for value in parse_array(array or "{}") if value is not None)
    except ValueError:
        return ()


@lru_cache(maxsize=4096)
def widths(statistics: ColumnStatistics, type_name: str) -> tuple[tuple[int, float], ...]:
    """How many bytes a varlena's values take in an index, header included, each width with its share.

    The shares come from the known values, the mean from ``avg_width``. Alignment to eight bytes makes the spread
    matter: values all of one width may lose nothing, values of all widths lose 3.5 bytes a tuple.
    """
    measure = _MEASURES.get(bare(type_name))
    found: dict[int, float] = {}
    if measure:
        for value, share in sample(statistics):
            width = measure(value)
            found[width] = found.get(width, 0) + share
    total = sum(found.values())
    if total <= 0:
        return tuple((max(1, statistics.avg_width - 4 + step), 1 / 8) for step in range(8))
    mean = sum(width * share for width, share in found.items()) / total
    # avg_width is cut to a whole number; the few values known are allowed to differ from it by a little.
    shift = round(statistics.avg_width + 0.5 - mean) if abs(statistics.avg_width + 0.5 - mean) > 1 else 0
    exact = sorted((max(1, width + shift), share / total) for width, share in found.items())
    return _thinned(exact)


def _thinned(exact: list[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """At most a dozen widths: those between neighbouring quantiles become their mean."""
    if len(exact) <= _MOST_WIDTHS:
        return tuple(exact)
    groups: dict[int, list[tuple[int, float]]] = {}
    below = 0.0
    for width, share in exact:
        groups.setdefault(min(_MOST_WIDTHS - 1, int(below * _MOST_WIDTHS)), []).append((width, share))
        below += share
    thinned = []
    for group in groups.values():
        mass = sum(share for _, share in group)
        thinned.append((round(sum(width * share for width, share in group) / mass), mass))
    return tuple(thinned)


def _text_width(value: str) -> int:
    length = len(value.encode(errors="surrogatepass"))
    return length + (1 if length <= LONGEST_SHORT_VARLENA else 4)


def _numeric_width(value: str) -> int:
    """A one-byte varlena header, a two-byte short header, and two bytes for each base-10,000 digit (numeric.c)."""
    whole, _, fraction = value.lstrip("-+").partition(".")
    whole = whole.lstrip("0")
    pads = (-len(whole) % 4, -len(fraction) % 4)
    digits = "0" * pads[0] + whole + fraction + "0" * pads[1]
    groups = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    while groups and groups[-1] == "0000":
        groups.pop()
    while groups and groups[0] == "0000":
        groups.pop(0)
    return 3 + 2 * len(groups)


_MEASURES: dict[str, Callable[[str], int]] = {
    "text": _text_width,
    "character varying": _text_width,
    "character": _text_width,
    "citext": _text_width,
    "numeric": _numeric_width,
}
"""Bytes of one value by its text; of other types only the average width is known."""
