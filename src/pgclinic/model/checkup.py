"""The result of an examination: grade, key figures, findings, and what could not be seen."""

import msgspec

from pgclinic.model.baseline import KnownFinding
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import BlindSpot, Finding
from pgclinic.model.overview import Overview
from pgclinic.model.snapshot import Header, Server


class Kpi(msgspec.Struct, frozen=True, kw_only=True):
    """A key figure with its target; ``value`` is None where it could not be had. ``is_met`` None likewise."""

    name: str
    value: float | None
    unit: Unit
    target: float
    higher_is_better: bool
    provenance: Provenance

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached."""
        if self.value is None:
            return None
        return self.value > self.target if self.higher_is_better else self.value < self.target


class CategoryScore(msgspec.Struct, frozen=True, kw_only=True):
    """One category's share of the grade: ``score`` 0 to 100, or None where it could not be measured."""

    name: str
    weight: float
    score: float | None
    findings: int = 0


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why the grade is less than certain: a sentence with ``{fact}`` places, and what it multiplies by.

    ``factor`` is between 0 and 1: 0.85 takes 15 % of the confidence away.
    """

    reason: str
    factor: float
    facts: tuple[Fact, ...] = ()


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """The grade. ``confidence`` is a letter of its own, for ``trust`` (0 to 1), the product of the ``doubts``.

    ``cap`` names the checks whose critical findings limit the score, if any; ``uncapped`` is the score without them.
    """

    score: float
    letter: str
    confidence: str
    categories: tuple[CategoryScore, ...] = ()
    cap: str = ""
    uncapped: float | None = None
    trust: float | None = None
    doubts: tuple[Doubt, ...] = ()


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that is not listed because somebody said so: ``is_known`` from a baseline, else ignored.

    It still counts in the grade. ``comment`` is what the baseline says about it.
    """

    finding: Finding
    is_known: bool
    comment: str = ""


class SetThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold that a configuration sets to something else than its default."""

    check: str
    name: str
    value: float | int | bool | str | tuple[str, ...]
    default: float | int | bool | str | tuple[str, ...] | None


class Checkup(msgspec.Struct, frozen=True, kw_only=True):
    """What ``pgclinic checkup`` returns; findings come worst first.

    ``points`` says for each finding, by its fingerprint, how many points of the score its cure gives back.
    ``examined`` names the checks that could judge, ``left_out`` those that were not asked for. ``set_aside`` are
    findings that count in the grade and are not listed; ``listed_grade`` is the grade without them, and None when
    there are none. ``gone`` are entries of the baseline that are no longer found.
    """

    header: Header
    server: Server
    grade: Grade
    kpis: tuple[Kpi, ...]
    findings: tuple[Finding, ...]
    blind_spots: tuple[BlindSpot, ...]
    contract_version: str = "1"
    points: dict[str, float] = {}
    overview: Overview = Overview()
    examined: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    listed_grade: Grade | None = None
    gone: tuple[KnownFinding, ...] = ()
    thresholds: tuple[SetThreshold, ...] = ()
