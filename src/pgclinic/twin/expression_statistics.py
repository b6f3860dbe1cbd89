"""Statistics of an expression over one column, as ANALYZE would have made them, from the column's own.

ANALYZE evaluates an index's expressions on its sample of rows (``compute_index_stats`` in analyze.c). The twin has no
rows, but it has the column's commonest values and its histogram: the expression is evaluated on those, by an ordinary
role and under its time limit like everything of the snapshot's.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from pgclinic.model.catalog import Column, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sizes import believable
from pgclinic.sizes.distinct import distinct_of
from pgclinic.sizes.rows import live_rows
from pgclinic.sizes.types import bare
from pgclinic.sql import quote
from pgclinic.sql.arrays import parse_array, write_array
from pgclinic.sql.expressions import named_columns

_MOST_COMMON = 100
_STEPS = 30
"""Values between two neighbours of the histogram on which an expression over numbers or times is tried."""
_MOSTLY_DIFFERENT = 0.7
_MET_OFTEN = 5
"""Of the hundred texts of a histogram; what is met less often says nothing about a lexeme's frequency."""
_DIGITS, _LONGEST_TRIED = 3, 200
_SHARE_OF_ROWS = 0.1
"""ANALYZE states more different values than this share of the rows as a share of the rows (analyze.c)."""
_STEP_BY_TYPE = {
    "smallint": "(low + (high - low) * step)::smallint",
    "integer": "(low + (high::float8 - low) * step)::integer",
    "bigint": "(low + (high::numeric - low) * step::numeric)::bigint",
    "numeric": "low + (high - low) * step::numeric",
    "real": "low + (high - low) * step",
    "double precision": "low + (high - low) * step",
    "date": "low + ((high - low) * step)::integer",
    "timestamp without time zone": "low + (high - low) * step",
    "timestamp with time zone": "low + (high - low) * step",
}
"""How to step from one value to the next, by type."""
_TEXTS = frozenset({"text", "character varying"})


class Derived(msgspec.Struct, frozen=True):
    """The expression's type, and its statistics where its column's values are known."""

    type_name: str
    statistics: ColumnStatistics | None


class _Mapped(msgspec.Struct, frozen=True):
    """What the expression makes of one value: text, bytes, rank among all, and the lexemes of a tsvector."""

    value: str | None
    size: int | None
    place: int
    lexemes: tuple[str, ...] | None = None


class _Known(msgspec.Struct, frozen=True):
    """What the expression makes of the commonest values, of the histogram's, of even ones between them, of null."""

    common: tuple[_Mapped, ...]
    bounds: tuple[_Mapped, ...]
    even: tuple[_Mapped, ...]
    null: _Mapped


def derive(snapshot: Snapshot, table: Relation, expression: str, ask: Callable[[str], bytes]) -> Derived | None:
    """The expression's statistics on ``table``; None when it is over several columns or its value is no plain one.

    Raises psycopg.Error, ValueError or msgspec.DecodeError when the twin cannot evaluate it.
    """
    named = named_columns(expression)
    columns = [column for column in snapshot.columns_of.get(table.oid, ()) if named and column.name in named]
    if named is None or len(named) != 1 or len(columns) != 1:
        return None
    (column,) = columns
    evaluated = _Expression(table, column, expression, ask)
    found = snapshot.statistics_of.get((table.oid, column.name, False))
    statistics = believable.statistics(found) if found else None
    common = _array(statistics.most_common_vals)[: len(statistics.most_common_freqs or ())] if statistics else ()
    bounds = _array(statistics.histogram_bounds) if statistics else ()
    if statistics is None or not (common or bounds):
        return Derived(evaluated.type_name, None)
    mapped = evaluated.on((*common, *bounds, None))
    spread = evaluated.on(_between(column, bounds, ask)) if evaluated.type_name != "tsvector" else ()
    different = len({each.value for each in spread})
    even = spread if different < _MOSTLY_DIFFERENT * len(spread) else mapped[len(common) : -1]
    known = _Known(mapped[: len(common)], mapped[len(common) : -1], even, mapped[-1])
    return Derived(evaluated.type_name, _statistics(statistics, known, max(1.0, live_rows(table))))


class _Expression:
    """An expression over one column of a table, to be evaluated on values given as text."""

    def __init__(self, table: Relation, column: Column, expression: str, ask: Callable[[str], bytes]) -> None:
        self._column = f"v::{column.type} as {quote.identifier(column.name)}"
        self._alias = quote.identifier(table.name)
        self._expression = f"({expression}\n)"
        self._ask = ask
        null = f"(select {self._column} from (select null::pg_catalog.text as v) as given) as {self._alias}"
        self.type_name = ask(f"select pg_catalog.pg_typeof({self._expression}) from {null}").decode()

    def on(self, values: Sequence[str | None]) -> tuple[_Mapped, ...]:
        """What it makes of each value, in order."""
        if not values:
            return ()
        array = f"{quote.literal(write_array(values))}::pg_catalog.text[]"
        lexemes = "pg_catalog.tsvector_to_array(value)" if self.type_name == "tsvector" else "null"
        document = self._ask(
            "select pg_catalog.json_agg(pg_catalog.json_build_object('value', value::pg_catalog.text, 'size',"
            f" pg_catalog.pg_column_size(value), 'place', place, 'lexemes', {lexemes}) order by n)"
            " from (select *, pg_catalog.dense_rank() over (order by value) as place"
            f" from (select n, {self._expression} as value from (select n, {self._column}"
            f" from rows from (pg_catalog.unnest({array})) with ordinality as given (v, n)) as {self._alias}"
            ") as evaluated) as ranked"
        )
        return msgspec.json.decode(document, type=tuple[_Mapped, ...])


def _between(column: Column, bounds: Sequence[str], ask: Callable[[str], bytes]) -> tuple[str, ...]:
    """Values spread over the histogram: the planner, too, takes them to lie evenly between its bounds.

    They are a little off the even distance, for an expression that repeats itself would be met at one place only.
    Raises what asking raises.
    """
    type_name = bare(column.type)
    if type_name in _TEXTS:
        return _texts_between(tuple(bounds))
    step = _STEP_BY_TYPE.get(type_name)
    if step is None or len(bounds) < 2 or any(bound.endswith("infinity") for bound in bounds):  # noqa: PLR2004
        return ()
    array = f"{quote.literal(write_array(bounds))}::pg_catalog.text[]"
    answer = ask(
        f"select pg_catalog.json_agg(({step})::pg_catalog.text order by n, s) from (select n, v::{type_name} as low,"
        f" pg_catalog.lead(v::{type_name}) over (order by n) as high from rows from (pg_catalog.unnest({array}))"
        " with ordinality as given (v, n)) as bounds, lateral (select s, (s + (s * 0.618 + n * 0.755) % 1)::float8"
        f" / {_STEPS} as step from pg_catalog.generate_series(0, {_STEPS - 1}) as s) as steps where high is not null"
    )
    return msgspec.json.decode(answer, type=tuple[str, ...])


@lru_cache(maxsize=64)
def _texts_between(bounds: tuple[str, ...]) -> tuple[str, ...]:
    """Texts between each two neighbours: after what they share, three characters read as a number's digits.

    As the planner reads them (``convert_string_to_scalar`` in selfuncs.c), in the alphabet that the bounds use.
    """
    if len(bounds) < 2 or max(map(len, bounds)) > _LONGEST_TRIED:  # noqa: PLR2004 - neighbours come in twos
        return ()
    alphabet = sorted(set("".join(bounds)) - {"\0"})
    if not alphabet:
        return ()
    digit = {character: number for number, character in enumerate(alphabet)}
    found = []
    for low, high in itertools.pairwise(bounds):
        start = _shared(low, high)
        first, last = (
            sum(
                digit.get(text[start + place : start + place + 1], 0) * len(alphabet) ** (_DIGITS - 1 - place)
                for place in range(_DIGITS)
            )
            for text in (low, high)
        )
        for step in range(_STEPS):
            number, characters = first + (last - first) * step // _STEPS, ""
            for _ in range(_DIGITS):
                number, place = divmod(number, len(alphabet))
                characters = alphabet[place] + characters
            found.append(low[:start] + characters + low[start + _DIGITS :])
    return tuple(found)


def _shared(low: str, high: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(low, high, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(low), len(high)))


def _statistics(column: ColumnStatistics, known: _Known, rows: float) -> ColumnStatistics:
    frequencies = (column.most_common_freqs or ())[: len(known.common)]
    rest = max(0.0, 1 - sum(frequencies) - column.null_frac)
    weighed = [
        *zip(known.common, frequencies, strict=True),
        *((value, rest / len(known.even)) for value in known.even),
        (known.null, column.null_frac),
    ]
    masses: dict[str, float] = {}
    for value, mass in weighed:
        if value.value is not None:
            masses[value.value] = masses.get(value.value, 0) + mass
    total = sum(masses.values())
    met = Counter(value.value for value in known.even if value.value is not None)
    number = _distinct(column, masses, met, rows)
    common = _commonest(masses, known.common, met, number)
    widths = sum((value.size or 0) * mass for value, mass in weighed if value.value is not None)
    lexemes = _lexemes(weighed, len(known.common), total)
    return ColumnStatistics(
        relation=0,
        column="",
        null_frac=min(1.0, max(0.0, sum(mass for value, mass in weighed if value.value is None))),
        avg_width=round(widths / total) if total else 1,
        n_distinct=number if number <= _SHARE_OF_ROWS * rows else -min(1.0, number / rows),
        correlation=_correlation(column, known.bounds),
        most_common_vals=write_array(common) if common and not lexemes else None,
        most_common_freqs=tuple(masses[name] for name in common) if common and not lexemes else None,
        histogram_bounds=None if lexemes else _histogram(known.even, frozenset(common)),
        most_common_elems=write_array(lexemes) if lexemes else None,
        most_common_elem_freqs=(*lexemes.values(), min(lexemes.values()), max(lexemes.values())) if lexemes else None,
    )


def _distinct(column: ColumnStatistics, masses: dict[str, float], met: Counter[str], rows: float) -> float:
    """Different values of the expression: counted where all of the column's are known, else as analyze.c does."""
    if not met:
        return float(max(1, len(masses)))
    of_column = distinct_of(column, rows)
    tried, once = met.total(), sum(1 for count in met.values() if count == 1)
    if once == tried:
        return of_column
    estimated = tried * len(met) / (tried - once + once * tried / max(of_column, tried))
    return max(1.0, min(of_column, len(masses) - len(met) + estimated))


def _commonest(
    masses: dict[str, float], common: Sequence[_Mapped], met: Counter[str], number: float
) -> tuple[str, ...]:
    """All values when they are few; else what the column's commonest become, and what is met more than by chance."""
    names = {value.value for value in common}
    if number <= min(_MOST_COMMON, len(masses)):
        names |= set(met)
    elif met:
        mean = met.total() / len(met)
        names |= {name for name, count in met.items() if count > mean + 3 * mean**0.5}
    ordered = sorted((name for name in masses if name in names), key=lambda name: (-masses[name], name))
    return tuple(ordered[:_MOST_COMMON])


def _histogram(even: Sequence[_Mapped], common: frozenset[str]) -> str | None:
    """Bounds with as many values between any two, in the type's own order."""
    rest = sorted((value.place, value.value) for value in even if value.value is not None and value.value not in common)
    buckets = min(_MOST_COMMON, len(rest) - 1)
    if buckets < 1:
        return None
    bounds = dict.fromkeys(rest[place * (len(rest) - 1) // buckets][1] for place in range(buckets + 1))
    return write_array(bounds) if len(bounds) > 1 else None


def _lexemes(weighed: Sequence[tuple[_Mapped, float]], commons: int, not_null: float) -> dict[str, float]:
    """Lexemes met in several texts with the share of the texts that have them, ordered as a tsvector orders them."""
    shares: dict[str, float] = {}
    times: dict[str, int] = {}
    for position, (value, mass) in enumerate(weighed):
        for lexeme in value.lexemes or ():
            shares[lexeme] = shares.get(lexeme, 0) + mass / not_null
            times[lexeme] = times.get(lexeme, 0) + (1 if position >= commons else _MET_OFTEN)
    several = [lexeme for lexeme, count in times.items() if count >= _MET_OFTEN]
    several.sort(key=lambda lexeme: (len(lexeme.encode()), lexeme.encode()))
    return {lexeme: min(1.0, shares[lexeme]) for lexeme in several}


def _correlation(column: ColumnStatistics, bounds: Sequence[_Mapped]) -> float | None:
    """The column's own, as far as the expression keeps the order of its values (Spearman's coefficient)."""
    places = [value.place for value in bounds if value.value is not None]
    if column.correlation is None or len(places) < 2:  # noqa: PLR2004 - one point has no direction
        return column.correlation
    # Like ANALYZE's, the order of equal values is that in which they were met.
    middle = (len(places) - 1) / 2
    ordered = sorted(range(len(places)), key=lambda position: (places[position], position))
    covariance = sum((rank - middle) * (position - middle) for rank, position in enumerate(ordered))
    return column.correlation * covariance / sum((rank - middle) ** 2 for rank in range(len(places)))


def _array(text: str | None) -> tuple[str, ...]:
    return tuple(value for value in parse_array(text or "{}") if value is not None)
