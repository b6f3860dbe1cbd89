"""Which keys GIN takes out of a column's values: how many there are, and how many rows have each."""

import math
from collections.abc import Callable, Iterable, Iterator

import msgspec

from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sizes.distinct import Classes, distinct_of, thinned, value_classes
from pgclinic.sizes.keys import Key
from pgclinic.sizes.samples import sample
from pgclinic.sql.arrays import parse_array

_UNKNOWN_ELEMENTS = 8
_BYTES_AN_ELEMENT = 12
_LEXEME_OVERHEAD = 9
"""Bytes that a lexeme takes in a tsvector beside its letters: WordEntry, padding, count, a position or two."""
_TRIGRAM_WIDTH, _HASH_WIDTH = 4, 4
_ELEMENT_EXTRAS = 3
"""pg_stats ends most_common_elem_freqs with the least, the greatest and the nulls' frequency."""
_SEEN_OFTEN = 3
_NOTHING = 1e-9
_ALIKE = 1.5
"""Keys all of one frequency are met a number of times whose variance is its mean; up to so many times that."""


class Elements(msgspec.Struct, frozen=True):
    """Keys by how frequent they are, (share of the indexed rows, how many keys), and bytes of a key as stored."""

    classes: Classes
    key_width: float


def elements_of(key: Key, opclass: str, rows: float) -> Elements:
    """The keys of one column of a GIN index among ``rows`` rows; ``opclass`` is empty for the type's default."""
    name = opclass.partition(" ")[0].rpartition(".")[2].strip('"')
    statistics = key.statistics
    if statistics is None:
        return _unknown(key, rows)
    if name == "gin_trgm_ops":
        return _sampled(statistics, rows, _trigrams, _TRIGRAM_WIDTH) or _unknown(key, rows)
    if key.type_name == "jsonb":
        return _of_json(statistics, rows, hashed=name == "jsonb_path_ops") or _unknown(key, rows)
    if key.type_name == "tsvector":
        return _counted(statistics, rows, None) or _unknown(key, rows)
    if key.type_name.endswith("[]"):
        mean = (statistics.elem_count_histogram or (None,))[-1]
        return _counted(statistics, rows, mean) or _unknown(key, rows)
    return Elements(value_classes(key, distinct_of(statistics, rows)), key.width)


def _unknown(key: Key, rows: float) -> Elements:
    """Nothing is known of the elements: some for each dozen bytes, each in ten rows."""
    each = key.statistics.avg_width / _BYTES_AN_ELEMENT if key.statistics else _UNKNOWN_ELEMENTS
    count = max(1.0, rows * max(1.0, each) / 10)
    return Elements(((min(1.0, 10 / rows), count),), _BYTES_AN_ELEMENT)


def _counted(statistics: ColumnStatistics, rows: float, mean: float | None) -> Elements | None:
    """From the elements that ANALYZE counted (array_typanalyze.c, ts_typanalyze.c), and a tail like their last."""
    not_null = 1 - statistics.null_frac
    texts = [each for each in _array(statistics.most_common_elems) if each]
    frequencies = statistics.most_common_elem_freqs or ()
    extras = _ELEMENT_EXTRAS if mean is not None else _ELEMENT_EXTRAS - 1
    shares = sorted((each for each in frequencies[: len(texts) or -extras] if each > 0), reverse=True)
    if not shares or not not_null:
        return None
    letters = sum(len(text.encode(errors="replace")) for text in texts) / len(texts) if texts else _BYTES_AN_ELEMENT
    if mean is None:
        mean = max(sum(shares), (statistics.avg_width - 8) / (letters + _LEXEME_OVERHEAD))
    width = letters + 1 if not all(text.lstrip("-").isdigit() for text in texts) else 4
    classes = [(share * not_null, 1.0) for share in shares]
    tail = mean - sum(shares)
    if tail > shares[-1]:
        count = _tail(shares, tail, rows * not_null)
        classes.append((max(tail / count, 1 / rows) * not_null, count))
    return Elements(thinned(classes), width)


def _tail(shares: list[float], mass: float, rows: float) -> float:
    """How many more elements there are when the frequencies go on falling as they do, by a power of the rank."""
    number, last = len(shares), shares[-1]
    earlier = shares[number // 4]
    power = math.log(earlier / last) / math.log(number / (number // 4 + 1)) if number > 7 else 0.0  # noqa: PLR2004
    power = min(max(power, 0.0), 0.99)
    grown: float = (1 + mass * (1 - power) / (last * number)) ** (1 / (1 - power))
    return max(1.0, min(number * (grown - 1), mass * rows))


def _sampled(
    statistics: ColumnStatistics, rows: float, keys: Callable[[str], Iterable[str]], width: float
) -> Elements | None:
    """From the values that ANALYZE kept."""
    not_null = 1 - statistics.null_frac
    found = _classes([(list(keys(value)), share) for value, share in sample(statistics)], rows * not_null)
    return Elements(thinned([(share * not_null, count) for share, count in found]), width) if found else None


def _trigrams(value: str) -> Iterator[str]:
    """Three letters at a time of every word, with two blanks before it and one after (pg_trgm)."""
    words = "".join(letter.lower() if letter.isalnum() else " " for letter in value).split()
    for word in words:
        padded = f"  {word} "
        yield from (padded[start : start + 3] for start in range(len(padded) - 2))


def _of_json(statistics: ColumnStatistics, rows: float, *, hashed: bool) -> Elements | None:
    """From the documents that ANALYZE kept, path by path, because each has its own variety."""
    paths: dict[str, None] = {}
    documents: list[tuple[list[tuple[str, str, bool]], float]] = []
    for text, share in sample(statistics):
        try:
            document = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            continue
        items = list(_items(document, "", 0))
        documents.append((items, share))
        paths.update((path, None) for path, _, _ in items)
    classes: list[tuple[float, float]] = []
    letters = weight = 0.0
    for path in paths:
        own = [
            ([value for where, value, is_name in items if where == path and not (hashed and is_name)], share)
            for items, share in documents
        ]
        found = _classes(own, rows * (1 - statistics.null_frac))
        classes += [(share * (1 - statistics.null_frac), count) for share, count in found]
        lengths = [len(value.encode(errors="replace")) for values, _ in own for value in values]
        count = sum(count for _, count in found)
        letters += count * (sum(lengths) / len(lengths) if lengths else 0)
        weight += count
    if not classes:
        return None
    return Elements(thinned(classes), _HASH_WIDTH if hashed else letters / weight + 2)


def _classes(documents: list[tuple[list[str], float]], rows: float) -> list[tuple[float, float]]:
    """Keys met often at their share, all others alike, their number by Haas and Stokes as in analyze.c."""
    seen: dict[str, tuple[float, int]] = {}
    for values, share in documents:
        for value in set(values):
            mass, times = seen.get(value, (0.0, 0))
            seen[value] = (mass + share, times + 1)
    met = sum(times for _, times in seen.values())
    if not met:
        return []
    total = sum(mass for mass, _ in seen.values())
    once = sum(1 for _, times in seen.values() if times == 1)
    number = met * len(seen) / (met - once + once * met / max(met, total * rows))
    mean = met / number
    spread = sum((times - mean) ** 2 for _, times in seen.values()) + (number - len(seen)) * mean**2
    is_uneven = spread / number > _ALIKE * mean
    often = [(mass, 1.0) for mass, times in seen.values() if is_uneven and times >= _SEEN_OFTEN]
    rest = total - sum(mass for mass, _ in often)
    others = max(1.0, number - len(often))
    if rest > _NOTHING:
        often.append((max(rest / others, 1 / rows), min(others, rest * rows)))
    return [(min(1.0, share), count) for share, count in often]


def _items(value: object, path: str, depth: int) -> Iterator[tuple[str, str, bool]]:
    """(path, text, whether it is a member's name) of everything in a document; strings in arrays are like names."""
    if depth > 50:  # noqa: PLR2004 - deeper documents are made to hurt
        return
    if isinstance(value, dict):
        for name, member in value.items():
            yield f"{path}.", str(name), True
            yield from _items(member, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        for member in value:
            yield from _items(member, f"{path}[]", depth + 1)
    elif isinstance(value, str):
        yield path, value, False
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, str(value), False
    else:
        yield path, "", False


def _array(text: str | None) -> tuple[str | None, ...]:
    try:
        return parse_array(text or "{}")
    except ValueError:
        return ()
