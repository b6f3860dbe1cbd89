"""So many different values of a column, in ascending order, spread as its histogram says. Pure.

What lies between two known values is invented; nothing else of the user's data is used than what ANALYZE kept.
"""

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from pgclinic.mannequin.axes import Axis, axis_of, longest
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sql.arrays import parse_array, write_array

Numbers = npt.NDArray[np.int64]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FILLER = "synthetic value that stands for one of the user's and tells nothing of it "
_USUAL_WIDTH = 12
_WIDEST = 8_000
_ARRAYS = 2_000
"""Different arrays that are made of a column's common elements."""

_MOST_DRAWS = 1_000
"""Elements that are drawn for one array, repeated ones too."""

_TEXTS = frozenset({"text", "character varying", "character", "name", "citext", "bpchar", '"char"'})
_VARLENA_HEADER = 4


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a column's values: those of its statistics as text, common ones apart from the others.

    ``labels`` are those of its enum. ``shares`` are of all rows; without values they are known all the same.
    """

    type_name: str
    labels: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    element_shares: tuple[float, ...] = ()
    element_counts: tuple[float, ...] = ()
    width: int = _USUAL_WIDTH
    axis: Axis | None = None


def known_of(
    type_name: str,
    statistics: ColumnStatistics | None,
    clock: str,
    *,
    labels: tuple[str, ...] = (),
    ends: tuple[str | None, str | None] = (None, None),
) -> Known:
    """Read a row of pg_stats; what in it cannot be read is as good as not there."""
    if statistics is None:
        return Known(type_name=type_name, labels=labels, axis=None if labels else axis_of(type_name, (), clock))
    common = _values(statistics.most_common_vals)
    shares = statistics.most_common_freqs or ()
    bounds = _values(statistics.histogram_bounds) or _values(statistics.range_bounds_histogram)
    if bounds and statistics.histogram_bounds:
        low, high = ends
        bounds = (low if low is not None else bounds[0], *bounds[1:-1], high if high is not None else bounds[-1])
    axis = None if labels else axis_of(type_name, (*common, *bounds), clock)
    if axis is not None:
        kept = [(value, share) for value, share in zip(common, shares, strict=False) if _is_on(axis, value)]
        if common and len(kept) < len(common):
            common, shares = tuple(value for value, _ in kept), tuple(share for _, share in kept)
        bounds = tuple(value for value in bounds if _is_on(axis, value))
    return Known(
        type_name=type_name,
        labels=labels,
        common=common if len(common) == len(shares) else (),
        shares=shares,
        bounds=bounds,
        elements=_values(statistics.most_common_elems),
        element_shares=statistics.most_common_elem_freqs or (),
        element_counts=statistics.elem_count_histogram or (),
        width=min(_WIDEST, max(1, statistics.avg_width or _USUAL_WIDTH)),
        axis=axis,
    )


def _values(array: str | None) -> tuple[str, ...]:
    try:
        return tuple(value for value in parse_array(array or "{}") if value is not None)
    except ValueError:
        return ()


def _is_on(axis: Axis, text: str) -> bool:
    try:
        return axis.lowest <= axis.read(text) <= axis.highest
    except (ValueError, OverflowError):
        return False


def ladder(known: Known, count: int, seed: str) -> list[str]:  # noqa: PLR0911 - one a kind of type
    """Up to ``count`` different values, none of them a common one, in ascending order.

    Fewer where the type has no more, or where nothing is known of how its values are made.
    """
    if count <= 0:
        return []
    taken = frozenset(known.common)
    if known.axis is not None:
        return list(map(known.axis.write, rungs(known, count).tolist()))
    if known.labels:
        return _thinned([label for label in known.labels if label not in taken], count)
    bare = known.type_name.partition("(")[0]
    if bare == "boolean":
        return _thinned([value for value in ("f", "t") if value not in taken], count)
    if known.elements and (known.type_name.endswith("[]") or bare == "tsvector"):
        return _collections(known, min(count, _ARRAYS), seed, _as_lexemes if bare == "tsvector" else write_array)
    bounds = [value for value in dict.fromkeys(known.bounds) if value not in taken]
    if len(bounds) >= count:
        return _thinned(bounds, count)
    make = _maker(bare, known)
    if make is None:
        return bounds or _fallback(known.type_name, count)
    return _between(bounds or [padding(known.width - 1)], count, taken, make)


def rungs(known: Known, count: int) -> Numbers:
    """The same on the axis of the type, as ascending numbers."""
    axis = known.axis
    assert axis is not None
    bounds = np.array(sorted({axis.read(value) for value in known.bounds}), dtype=np.int64)
    common = np.array(sorted({axis.read(value) for value in known.common}), dtype=np.int64)
    if len(bounds) == 0:
        first = int(common[-1]) + 1 if len(common) else axis.start
        room = max(1, (axis.highest - first) // max(1, count))
        return first + min(axis.step, room) * np.arange(count, dtype=np.int64)
    if len(bounds) >= count:
        return bounds[_evenly(len(bounds), count)]
    hidden = len(common)
    found = _spread(bounds, count + hidden, axis)
    found = found[~np.isin(found, common)]
    return found[_evenly(len(found), count)] if len(found) > count else found


def _spread(bounds: Numbers, count: int, axis: Axis) -> Numbers:
    """Different numbers along the histogram, within its ends as long as they have room."""
    origin = int(bounds[0])
    places = np.linspace(0, len(bounds) - 1, count)
    numbers = np.rint(np.interp(places, np.arange(len(bounds)), (bounds - origin).astype(np.float64)))
    steps = np.arange(count, dtype=np.int64)
    rising = np.maximum.accumulate(numbers.astype(np.int64) - steps) + steps
    last = max(int(bounds[-1]) - origin, count - 1)
    last = min(last, axis.highest - origin)
    rising = np.minimum(rising, last - steps[::-1])
    rising += origin
    return rising[rising >= axis.lowest]


def _evenly(total: int, count: int) -> Numbers:
    """``count`` of so many places, the first and the last among them."""
    if count >= total:
        return np.arange(total, dtype=np.int64)
    return np.rint(np.linspace(0, total - 1, count)).astype(np.int64)


def _thinned(values: list[str], count: int) -> list[str]:
    return [values[place] for place in _evenly(len(values), count).tolist()] if values else []


Make = Callable[[str, int, int], str]
"""From a known value, a number and how many digits it is written with to a value of its own."""


def _maker(bare: str, known: Known) -> Make | None:
    if bare in _TEXTS:
        most = longest(known.type_name) or _WIDEST
        return lambda base, number, digits: _text(base, number, digits, most)
    if bare in {"json", "jsonb"}:
        return lambda base, number, _: _document(base, number, known.width)
    if bare == "bytea":
        return lambda _, number, digits: "\\x" + f"{number:0{2 * max(known.width - _VARLENA_HEADER, digits)}x}"
    return None


def _between(bounds: list[str], count: int, taken: frozenset[str], make: Make) -> list[str]:
    """Values that begin as the known ones do."""
    bases = sorted(bounds)
    digits = len(_numeral(-(-count // len(bases)), 1))
    found: dict[str, None] = {}
    for number in range(count):
        place = number * len(bases) // count
        value = make(bases[place], number - -(-place * count // len(bases)), digits)
        if value in taken or value in found:
            value = make(bases[place], number, digits + 3)
        if value not in taken:
            found[value] = None
    return sorted(found)


def _text(base: str, number: int, digits: int, most: int) -> str:
    """As long as the known value, its end replaced."""
    numeral = _numeral(number, digits)
    length = min(max(len(base), len(numeral)), most)
    return (base[: max(0, length - len(numeral))] + numeral)[-most:]


def _numeral(number: int, digits: int) -> str:
    text = ""
    while number or len(text) < digits:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def _document(base: str, number: int, width: int) -> str:
    if base.startswith("{") and base.endswith("}") and base != "{}":
        return f'{base[:-1]}, "~": {number}}}'
    filler = padding(max(0, width - 20))
    return f'{{"n": {number}, "t": "{filler}"}}'


def padding(length: int) -> str:
    """So many characters of plain words."""
    return (_FILLER * (length // len(_FILLER) + 1))[:length]


def _collections(known: Known, count: int, seed: str, write: Callable[[Sequence[str]], str]) -> list[str]:
    """Arrays of the common elements, as many in each as the histogram of their numbers says."""
    chance = random.Random(f"{seed}/elements")  # noqa: S311 - reproducible, no secret
    weights = known.element_shares[: len(known.elements)]
    if len(weights) < len(known.elements):
        weights = (1.0,) * len(known.elements)
    counts = known.element_counts[:-1] or (max(1.0, sum(weights)),)
    rising: list[float] = []
    for weight in weights:
        rising.append((rising[-1] if rising else 0.0) + max(weight, 1e-9))
    found: dict[str, None] = {}
    for number in range(2 * count):
        length = max(0, round(min(counts[number * len(counts) // (2 * count)], _MOST_DRAWS)))
        chosen: dict[str, None] = {}
        for _ in range(min(4 * length, _MOST_DRAWS)):
            if len(chosen) >= min(length, len(known.elements)):
                break
            chosen[known.elements[bisect_left(rising, chance.random() * rising[-1])]] = None
        found[write(sorted(chosen))] = None
        if len(found) == count:
            break
    return list(found)


def _as_lexemes(words: Sequence[str]) -> str:
    return " ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)


def _fallback(type_name: str, count: int) -> list[str]:
    """A value that the type surely has, of types that are seldom asked for; none of all others."""
    if type_name.endswith("[]"):
        return ["{}"]
    bare = type_name.partition("(")[0]
    if bare == "interval":
        return [f"{number} seconds" for number in range(1, min(count, 10_000) + 1)]
    usual = {
        "tsvector": "'synthetic'", "inet": "10.0.0.1", "cidr": "10.0.0.0/8", "macaddr": "02:00:00:00:00:01",
        "point": "(0,0)", "box": "(1,1),(0,0)", "xml": "<a/>", "bit varying": "0", "money": "1.00", "hstore": "",
        "tsquery": "'synthetic'", "oid": "1", "time with time zone": "12:00:00+00", "ltree": "synthetic",
    }  # fmt: skip
    if bare in usual:
        return [usual[bare]]
    return ["empty"] if bare.endswith("range") else []
