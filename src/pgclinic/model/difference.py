"""Two visits of one database side by side: what got better, worse, new, cured."""

from enum import StrEnum

import msgspec

from pgclinic.model.checkup import Grade
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName


class Trend(StrEnum):
    """Which way something went between the visits."""

    NEW = "new"
    WORSE = "worse"
    SAME = "same"
    BETTER = "better"
    CURED = "cured"
    FIRST_SEEN = "first seen"
    """Found now by a check that could not judge, or was not there, at the earlier visit."""
    OUT_OF_SIGHT = "out of sight"
    """Found before, and could not be looked for at the later visit."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One side. ``clock`` is ISO 8601 in UTC; ``is_snapshot`` says whether it could be examined, or was a report."""

    database: str
    server_version: str
    clock: str
    grade: Grade
    is_snapshot: bool


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know before the figures are read: a sentence with ``{fact}`` places."""

    text: str
    facts: tuple[Fact, ...] = ()


class FindingChange(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that is not as it was, as of the later visit (of the earlier one when it is cured or out of sight)."""

    trend: Trend
    finding: Finding
    before: Severity | None = None
    after: Severity | None = None


class FigureChange(msgspec.Struct, frozen=True, kw_only=True):
    """A key figure at both visits; None where it could not be had."""

    name: str
    unit: Unit
    before: float | None
    after: float | None
    trend: Trend


class StatementChange(msgspec.Struct, frozen=True, kw_only=True):
    """A statement before and after, measured by pg_stat_statements; times in ms, ``text`` untrusted.

    ``before`` are all calls until the earlier visit. ``after`` are the calls between the visits, or, where the
    counting began anew, all that were counted since then. A mean is None without calls.
    """

    fingerprint: str
    text: str
    trend: Trend
    calls_before: int
    calls_after: int
    mean_before: float | None
    mean_after: float | None

    @property
    def times(self) -> float | None:
        """How many times as long a call takes now; None without both means."""
        return self.mean_after / self.mean_before if self.mean_before and self.mean_after is not None else None


class SizeChange(msgspec.Struct, frozen=True, kw_only=True):
    """A table (without its indexes) or an index in bytes; None where it was not there. ``a_day`` is bytes a day."""

    object: ObjectName
    before: int | None
    after: int | None
    a_day: float | None = None

    @property
    def grown(self) -> int:
        """Bytes more than before, negative for fewer."""
        return (self.after or 0) - (self.before or 0)


class SettingChange(msgspec.Struct, frozen=True, kw_only=True):
    """A setting's values in its base ``unit``; None where it was not set. ``scope`` and ``unit`` as in Setting."""

    name: str
    before: str | None
    after: str | None
    scope: str = ""
    unit: str = ""


class SchemaChange(msgspec.Struct, frozen=True, kw_only=True):
    """An object that was made, removed or changed: None before or after where it was not there, else its definition."""

    object: ObjectName
    before: str | None
    after: str | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What ``pgclinic compare`` returns. The later half needs two snapshots: it is None where a report was given.

    ``unchanged`` counts the findings that are as they were. ``activity`` is what the server counted between the
    visits, empty where the counting began anew. Lists come with what matters most first.
    """

    before: Visit
    after: Visit
    seconds: float
    remarks: tuple[Remark, ...]
    findings: tuple[FindingChange, ...]
    unchanged: int
    figures: tuple[FigureChange, ...]
    is_worse: bool
    activity: tuple[Fact, ...] | None = None
    statements: tuple[StatementChange, ...] | None = None
    sizes: tuple[SizeChange, ...] | None = None
    settings: tuple[SettingChange, ...] | None = None
    schema: tuple[SchemaChange, ...] | None = None
    contract_version: str = "1"
