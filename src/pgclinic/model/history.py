"""What history tells of the targets that are watched. Times are ISO 8601 in UTC."""

import msgspec

from pgclinic.model.evidence import Provenance
from pgclinic.model.watching import IndexDelta, StatementDelta, TableDelta


class WatchedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A target by its name, which holds no secret; ``last_at`` is when it was last looked at, None for never.

    ``system_identifier`` is that of its server, the same for a primary and its replicas; empty when not known.
    """

    name: str
    database: str = ""
    system_identifier: str = ""
    is_standby: bool = False
    last_at: str | None = None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """An observation at ``at``, the end of the ``seconds`` that it is of; 0 for a single sample.

    Of several samples ``value`` is the mean, ``low`` and ``high`` the extremes.
    """

    at: str
    value: float | None
    low: float | None = None
    high: float | None = None
    seconds: int = 0
    provenance: Provenance = Provenance.MEASURED


class StatementTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement gained over a time, with its text; ``text`` is empty where it was never to be had.

    ``fingerprint`` names the statement in findings and advice, ``verb`` is ``select`` … or ``utility``.
    """

    gained: StatementDelta
    text: str = ""
    fingerprint: str = ""
    verb: str = ""


class StatementText(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as pg_stat_statements knows it: normalised, without secrets. ``is_own``: pgclinic sent it."""

    queryid: str
    role: str
    text: str
    fingerprint: str = ""
    verb: str = ""
    is_own: bool = False


class StatementPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement gained in the ``seconds`` before ``at``."""

    at: str
    seconds: float
    gained: StatementDelta


class TablePoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a table gained in the ``seconds`` before ``at``."""

    at: str
    seconds: float
    gained: TableDelta


class IndexPoint(msgspec.Struct, frozen=True, kw_only=True):
    """How often an index was scanned in the ``seconds`` before ``at``."""

    at: str
    seconds: float
    gained: IndexDelta


class KeptGrade(msgspec.Struct, frozen=True, kw_only=True):
    """The grade of a checkup that was kept."""

    at: str
    score: float
    letter: str
    confidence: str
