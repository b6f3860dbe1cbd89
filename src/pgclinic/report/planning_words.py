"""How planned figures are worded: who planned, over which values, and how much cheaper."""

import re
from collections.abc import Iterable

from pgclinic.model.evidence import Unit
from pgclinic.report.figures import figure
from pgclinic.report.printable import printable, shortened
from pgclinic.report.wording import plural

_PLANNED_BY = re.compile(r"PostgreSQL (?P<planner>[0-9.]+\S*) for an? (?P<source>[0-9.]+\S*) server\Z")
_SOURCES = {"seen": "seen", "statistics": "drawn from statistics", "generated": "generated"}
_PRACTICAL = 0.01
"""Costs that differ by less are the same to PostgreSQL's planner (STD_FUZZ_FACTOR)."""
_TWICE = 2


def planner_words(planned_by: str) -> str:
    """``PostgreSQL 18.6, the server's own version`` for ``PostgreSQL 18.6 for a 18.6 server``."""
    match = _PLANNED_BY.match(planned_by)
    if match is None:
        return planned_by
    planner, source = match["planner"], match["source"]
    if planner == source:
        return f"PostgreSQL {planner}, the server's own version"
    if planner.split(".")[0] == source.split(".")[0]:
        return f"PostgreSQL {planner}, the major version of the server ({source})"
    return f"PostgreSQL {planner} for a {source} server: planners differ between major versions"


def values_words(sources: Iterable[str], count: int) -> str:
    """Where the parameters' values came from: ``3 sets of values drawn from statistics``; empty where none was used."""
    known = dict.fromkeys(sources)
    if not known or not count:
        return ""
    if set(known) == {"generic"}:
        return "generic plan"
    origin = " and ".join(_SOURCES.get(source, source) for source in known)
    return f"{plural(count, 'set')} of values {origin}"


def range_words(low: float | None, high: float | None) -> str:
    """``8.4 to 9.1``, or nothing where both ends are the same figure."""
    if low is None or high is None:
        return ""
    first, last = figure(low, Unit.COST), figure(high, Unit.COST)
    return "" if first == last else f"{first} to {last}"


def factor(before: float, after: float) -> str:
    """How the cost changed: ``12.3 times (as a figure) cheaper``, ``34 % dearer``, ``the same``."""
    if abs(after - before) <= _PRACTICAL * before or before <= 0 or after <= 0:
        return "the same"
    times, word = (before / after, "cheaper") if after < before else (after / before, "dearer")
    if times >= _TWICE:
        return f"{figure(times, Unit.TIMES)} {word}"
    return f"{figure(abs(before - after) / before, Unit.RATIO)} {word}"


def statement_words(name: str, fingerprint: str, sql: str, longest: int = 72) -> str:
    """A statement for people: its name where it was given one, else its own beginning."""
    return printable(name) if name and name != fingerprint else shortened(sql, longest)
