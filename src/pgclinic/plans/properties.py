"""What stands under a node in EXPLAIN's text form, brought into the fields of its JSON form."""

import re
from collections.abc import Callable, Iterator
from typing import Any

_Fields = dict[str, Any]

_PARTS = re.compile(r"  +")
_FIGURE = re.compile(r"(?P<name>[^:]+?): ?(?P<number>\d+)(?: ?kB)?")
_ORIGINALLY = re.compile(r"(?P<now>\d+)(?: \(originally (?P<then>\d+)\))?")
_COUNTERS = re.compile(r"(?P<kind>shared|local|temp)(?P<counts>(?: (?:hit|read|dirtied|written)=\d+)+)")
_COUNT = re.compile(r"(hit|read|dirtied|written)=(\d+)")
_BLOCKS = re.compile(r"(exact|lossy)=(\d+)")
_PLAIN = frozenset(
    {
        "Index Cond",
        "Recheck Cond",
        "TID Cond",
        "Order By",
        "Filter",
        "One-Time Filter",
        "Run Condition",
        "Function Call",
        "Output",
        "Cache Key",
        "Sort Key",
        "Hash Cond",
        "Merge Cond",
        "Join Filter",
        "Params Evaluated",
        "Relations",
    }
)
_NUMBERS = frozenset(
    {
        "Workers Planned",
        "Workers Launched",
        "Subplans Removed",
        "Rows Removed by Filter",
        "Rows Removed by Join Filter",
        "Rows Removed by Index Recheck",
        "Heap Fetches",
        "Index Searches",
    }
)
_GROUPING = frozenset({"Group Key", "Hash Key"})


def buffers(text: str) -> _Fields:
    """``shared hit=3 read=1, temp written=2`` as the JSON form's counters."""
    return {
        f"{counters['kind'].capitalize()} {name.capitalize()} Blocks": number
        for counters in _COUNTERS.finditer(text)
        for name, number in _COUNT.findall(counters["counts"])
    }


def properties(name: str, text: str) -> _Fields:
    """The fields of the property ``name: text``; nothing for what is not read."""
    if name in _PLAIN:
        return {name: text}
    if name in _NUMBERS:
        return {name: text} if text.isdecimal() else {}
    reader = _READERS.get(name)
    return reader(text) if reader else {}


def is_grouping(name: str) -> bool:
    """Whether it gives the keys of one grouping set, of which there may be several."""
    return name in _GROUPING


def _figures(text: str) -> Iterator[tuple[str, str]]:
    for part in _PARTS.split(text):
        if figure := _FIGURE.fullmatch(part):
            yield figure["name"], figure["number"]


def _sort(text: str) -> _Fields:
    method, *parts = _PARTS.split(text)
    fields: _Fields = {"Sort Method": method}
    for name, number in _figures("  ".join(parts)):
        fields |= {"Sort Space Used": number, "Sort Space Type": name}
    return fields


def _hash(text: str) -> _Fields:
    fields: _Fields = {}
    for part in _PARTS.split(f"Buckets: {text}"):
        name, _, value = part.partition(": ")
        if name == "Batches" and (batches := _ORIGINALLY.fullmatch(value)):
            fields |= {"Hash Batches": batches["now"], "Original Hash Batches": batches["then"] or batches["now"]}
    return fields | _memory(text)


def _memory(text: str) -> _Fields:
    names = {
        "Batches": "HashAgg Batches",
        "HashAgg Batches": "HashAgg Batches",
        "Memory Usage": "Peak Memory Usage",
        "Peak Memory Usage": "Peak Memory Usage",
        "Disk Usage": "Disk Usage",
    }
    return {names[name]: number for name, number in _figures(text) if name in names}


def _aggregate(text: str) -> _Fields:
    """After ``Batches: `` or ``Planned Partitions: ``."""
    return _memory(f"Batches: {text}")


def _cache(text: str) -> _Fields:
    found = {}
    for name, number in _figures(f"Hits: {text}"):
        if name in {"Hits", "Misses", "Evictions"}:
            found[f"Cache {name}"] = number
        elif name == "Memory Usage":
            found["Peak Memory Usage"] = number
    return found


def _heap_blocks(text: str) -> _Fields:
    return {f"{kind.capitalize()} Heap Blocks": number for kind, number in _BLOCKS.findall(text)}


def _sort_groups(text: str) -> _Fields:
    """``313  Sort Method: quicksort  Average Memory: 28kB  Peak Memory: 28kB``."""
    groups: _Fields = {}
    for part in _PARTS.split(text):
        # Before the methods of pre-sorted groups stands one blank only.
        name, _, value = part.partition("Sort Method")
        if value:
            groups["Sort Methods Used"] = value.removeprefix("s").removeprefix(": ").split(", ")
    for name, number in _figures(text):
        if name.startswith("Peak "):
            groups[f"Sort Space {name.removeprefix('Peak ')}"] = {"Peak Sort Space Used": number}
    return groups


def _storage(text: str) -> _Fields:
    kind, *rest = _PARTS.split(text)
    return {"Storage": kind} | dict(_figures("  ".join(rest)))


def _disabled(text: str) -> _Fields:
    return {"Disabled": text == "true"}


_READERS: dict[str, Callable[[str], _Fields]] = {
    "Buffers": buffers,
    "Sort Method": _sort,
    "Buckets": _hash,
    "Batches": _aggregate,
    "Planned Partitions": lambda text: _memory(f"Planned Partitions: {text}"),
    "Peak Memory Usage": lambda text: _memory(f"Peak Memory Usage: {text}"),
    "Hits": _cache,
    "Heap Blocks": _heap_blocks,
    "Full-sort Groups": lambda text: {"Full-sort Groups": _sort_groups(text)},
    "Pre-sorted Groups": lambda text: {"Pre-sorted Groups": _sort_groups(text)},
    "Storage": _storage,
    "Disabled": _disabled,
}
