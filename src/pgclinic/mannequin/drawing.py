"""A column, row by row in physical order: values as common, as many and as correlated as ANALYZE found. Pure.

Frequencies are met exactly, not by chance: each value gets its number of rows, and then the rows are put in order.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from pgclinic.mannequin.ladder import Known, Numbers, ladder, rungs
from pgclinic.model.statistics import ColumnStatistics

NULL = -1
"""The code of a null."""

_UNKNOWN_DISTINCT = 200
"""How many different values a column has of which nothing is known: what the planner believes too (selfuncs.c)."""

_UNCORRELATED = 0.03
Random = np.random.Generator


class Drawn(msgspec.Struct, frozen=True):
    """A column: ``texts`` are its different values in ascending order, ``codes`` which of them each row has."""

    texts: Sequence[str]
    codes: Numbers

    def only(self, rows: npt.NDArray[np.bool_]) -> "Drawn":
        """The same with these rows alone."""
        return Drawn(self.texts, self.codes[rows])


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a column of ``rows`` rows is to be like.

    ``distinct`` counts values that are not null. ``scale`` is the share of the source's rows that a positive number of
    distinct values of a reference shrinks by.
    """

    rows: int
    nulls: int
    distinct: int
    correlation: float | None


def wanted_of(statistics: ColumnStatistics | None, rows: int, *, is_unique: bool, is_nullable: bool) -> Wanted:
    """By the column's row of pg_stats; a unique one has as many values as rows."""
    if statistics is None:
        distinct = rows if is_unique else min(rows, _UNKNOWN_DISTINCT)
        return Wanted(rows=rows, nulls=0, distinct=distinct, correlation=1.0 if is_unique else None)
    nulls = min(rows, round(min(1.0, max(0.0, statistics.null_frac)) * rows)) if is_nullable else 0
    found = statistics.n_distinct
    distinct = round(found if found > 0 else -found * rows) or _UNKNOWN_DISTINCT
    return Wanted(
        rows=rows,
        nulls=nulls,
        distinct=max(1, min(rows - nulls, rows if is_unique else distinct)),
        correlation=1.0 if statistics.correlation is None and is_unique else statistics.correlation,
    )


def draw(known: Known, wanted: Wanted, random: Random, seed: str, *, is_unique: bool) -> Drawn:
    """The column by itself. It has nulls only where nothing is known of how a value is made."""
    filled = wanted.rows - wanted.nulls
    shares = np.array([] if is_unique else known.shares, dtype=np.float64)
    counts = np.rint(np.clip(shares, 0, 1) * wanted.rows).astype(np.int64)
    common = () if is_unique else known.common
    if is_unique and known.common:
        known = msgspec.structs.replace(known, common=(), bounds=tuple(dict.fromkeys((*known.bounds, *known.common))))
    if not len(common) and len(shares):
        # The values are not known, only how common they are: any will do.
        texts = ladder(known, max(wanted.distinct, len(shares)), seed)
        places = random.permutation(len(texts))[: len(counts)]
        return _arranged(texts, _shared_out(len(texts), filled, places, counts[: len(places)]), wanted, random)
    left = max(0, filled - int(counts.sum()))
    rest = ladder(known, min(left, max(1, wanted.distinct - len(common))) if left else 0, seed)
    if not rest and not len(common):
        return Drawn((), np.full(wanted.rows, NULL, dtype=np.int64))
    texts = _in_order(known, [*common, *rest])
    place_of = {text: place for place, text in enumerate(texts)}
    places = np.array([place_of[text] for text in common], dtype=np.int64)
    return _arranged(texts, _shared_out(len(texts), filled, places, counts), wanted, random)


def draw_from(keys: Sequence[str], known: Known, wanted: Wanted, random: Random, *, is_unique: bool) -> Numbers:
    """For each row which of the ``keys``, in ascending order, it refers to; NULL for none."""
    filled = wanted.rows - wanted.nulls
    distinct = min(wanted.distinct, len(keys), filled)
    if not distinct:
        return np.full(wanted.rows, NULL, dtype=np.int64)
    counts = np.rint(np.clip(np.array(() if is_unique else known.shares), 0, 1) * wanted.rows).astype(np.int64)
    common = _nearest(keys, known, len(counts), random)
    chosen = _referred(keys, known, distinct)
    weights = _shared_out(len(keys), filled, common, counts[: len(common)], among=chosen)
    if is_unique:
        weights = np.minimum(weights, 1)
        wanted = msgspec.structs.replace(wanted, nulls=wanted.rows - int(weights.sum()))
    return _arranged(keys, weights, wanted, random).codes


def _nearest(keys: Sequence[str], known: Known, count: int, random: Random) -> Numbers:
    """The key that stands for each common value: itself, the next one on its axis, or any."""
    place_of = {key: place for place, key in enumerate(keys)}
    if len(known.common) != count:
        return random.permutation(len(keys))[:count].astype(np.int64)
    found = [place_of.get(value, NULL) for value in known.common]
    if known.axis is not None and NULL in found:
        numbers = np.array([known.axis.read(key) for key in keys], dtype=np.int64)
        sought = np.array([known.axis.read(value) for value in known.common], dtype=np.int64)
        near = np.clip(np.searchsorted(numbers, sought), 0, len(keys) - 1)
        found = [int(near[place]) if each == NULL else each for place, each in enumerate(found)]
    spread = random.permutation(len(keys))
    return np.array(
        [int(spread[place % len(spread)]) if each == NULL else each for place, each in enumerate(found)],
        dtype=np.int64,
    )


def _referred(keys: Sequence[str], known: Known, distinct: int) -> Numbers:
    """Which keys are referred to at all: along the column's own histogram where it has one, else evenly."""
    evenly = np.rint(np.linspace(0, len(keys) - 1, distinct)).astype(np.int64)
    if known.axis is None or not known.bounds or distinct == len(keys):
        return evenly
    try:
        numbers = np.array([known.axis.read(key) for key in keys], dtype=np.int64)
    except (ValueError, OverflowError):
        return evenly
    sought = rungs(msgspec.structs.replace(known, common=()), distinct)
    places = np.clip(np.searchsorted(numbers, sought), 0, len(keys) - 1).astype(np.int64)
    steps = np.arange(len(places), dtype=np.int64)
    rising = np.maximum.accumulate(places - steps) + steps
    return np.clip(np.minimum(rising, len(keys) - 1 - steps[::-1]), 0, len(keys) - 1)


def _shared_out(values: int, rows: int, common: Numbers, counts: Numbers, among: Numbers | None = None) -> Numbers:
    """How many of so many rows each value gets: the common ones their counts, the others what is left, evenly."""
    weights = np.zeros(values, dtype=np.int64)
    if int(counts.sum()) > rows:
        counts = counts * rows // max(1, int(counts.sum()))
    np.add.at(weights, common, counts)
    others = np.arange(values, dtype=np.int64) if among is None else among
    others = others[~np.isin(others, common)]
    left = rows - int(weights.sum())
    if left and not len(others):
        others = common if len(common) else np.arange(values, dtype=np.int64)
    if left:
        steps = np.arange(len(others) + 1, dtype=np.int64) * left // len(others)
        np.add.at(weights, others, np.diff(steps))
    return weights


def _in_order(known: Known, texts: list[str]) -> list[str]:
    different = list(dict.fromkeys(texts))
    if known.axis is not None:
        return sorted(different, key=known.axis.read)
    if known.labels:
        place = {label: number for number, label in enumerate(known.labels)}
        return sorted(different, key=lambda text: place.get(text, len(place)))
    return sorted(different)


def _arranged(texts: Sequence[str], weights: Numbers, wanted: Wanted, random: Random) -> Drawn:
    """The rows in physical order: sorted, then shuffled within the reach that leaves the correlation as it is.

    Of ranks that are evenly distributed and noise of w times their range, the correlation is 1 / sqrt(1 + w squared).
    """
    ranked = np.repeat(np.arange(len(weights), dtype=np.int64), weights)
    correlation = wanted.correlation or 0.0
    if abs(correlation) < _UNCORRELATED:
        ranked = ranked[random.permutation(len(ranked))]
    else:
        reach = np.sqrt(max(0.0, 1 / min(1.0, abs(correlation)) ** 2 - 1)) * len(ranked)
        if reach > 1:
            ranked = ranked[np.argsort(np.arange(len(ranked)) + reach * random.random(len(ranked)), kind="stable")]
        if correlation < 0:
            ranked = ranked[::-1]
    codes = np.full(wanted.rows, NULL, dtype=np.int64)
    missing = wanted.rows - len(ranked)
    if missing > 0:
        rows = np.ones(wanted.rows, dtype=np.bool_)
        rows[random.permutation(wanted.rows)[:missing]] = False
        codes[rows] = ranked
    else:
        codes[:] = ranked[: wanted.rows]
    return Drawn(texts, codes)
