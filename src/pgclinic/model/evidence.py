"""A figure, and where it comes from: every number that pgclinic prints carries its provenance."""

from enum import StrEnum

import msgspec


class Provenance(StrEnum):
    """Who says so, from the strongest word to the weakest."""

    MEASURED = "measured"
    """We, or the server's own counters, saw it happen."""
    BUCKETED = "bucketed"
    """The server's own counters saw it happen, in buckets: true to within one."""
    PLANNED = "planned"
    """A PostgreSQL planner said so, in its own cost units."""
    REHEARSED = "rehearsed"
    """It was run on synthetic rows."""
    ESTIMATED = "estimated"
    """A formula said so."""


class Unit(StrEnum):
    """What a figure counts, so that every format can render it in its own way."""

    BYTES = "bytes"
    COST = "cost"
    COUNT = "count"
    MILLISECONDS = "ms"
    RATIO = "ratio"
    """Between 0 and 1, shown as a percentage."""
    SECONDS = "s"
    TEXT = "text"
    """Words of the database: a name, a statement."""
    PHRASE = "phrase"
    """Words of ours, in English, which a report may translate."""
    TIMES = "times"
    """A factor: before divided by after."""


class Fact(msgspec.Struct, frozen=True):
    """One piece of evidence: a named figure (or words) with its unit and provenance."""

    name: str
    value: float | int | str
    unit: Unit = Unit.COUNT
    provenance: Provenance = Provenance.MEASURED
