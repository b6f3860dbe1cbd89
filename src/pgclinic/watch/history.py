"""What watching has seen, kept: one class over a URI, the same for SQLite and PostgreSQL.

    history = History("sqlite:///history.sqlite")     # or History() for the file in the user's data folder
    history.write(sample)                             # True; False where the sample is there already
    history.targets()                                 # WatchedTarget…
    history.series(target)                            # (name, object) of every observation that there is
    history.observations(target, "p95_ms", since=…)   # Point…, of one object where ``of`` is given
    history.statements(target, since, until)          # StatementTotal…, those that took longest first
    history.statement_history(target, queryid, …)     # StatementPoint…
    history.tables / indexes(target, since, until)    # TableDelta… / IndexDelta…
    history.table_history / index_history(target, name, schema, …)
    history.last_sample(target, before=…)             # Sample with its statements, tables, indexes and sessions
    history.sessions(target, at=…)                    # Session… of the last look at or before that moment
    history.samples(target, since, until)             # Sample…, without details: gaps, how long looks took
    history.write_checkup(target, checkup), history.grades(target), history.checkup(target, at=…)
    history.night(target, at=…)                       # Night: slower statements, treatments to think over
    history.texts(target)                             # StatementText by (queryid, role)

Times go in and come out as ISO 8601 texts. ``since`` is exclusive and ``until`` inclusive: a sample at ``at`` is of the
time before it. Reading picks the finest resolution that is there (0 sampled, 300, 3600 seconds) or, over long spans,
the one that is asked for. Reading is safe from any thread; a store that cannot be written raises ``StoreError``.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from pgclinic.model.activity import Session
from pgclinic.model.checkup import Checkup
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.history import (
    IndexPoint,
    KeptGrade,
    Point,
    StatementPoint,
    StatementText,
    StatementTotal,
    TablePoint,
    WatchedTarget,
)
from pgclinic.model.names import ObjectName
from pgclinic.model.nightly import Night
from pgclinic.model.watching import IndexDelta, Observation, Sample, StatementDelta, TableDelta
from pgclinic.watch.covering import RESOLUTIONS, covering, resolution_for, up_to_date
from pgclinic.watch.details import Details, unpacked
from pgclinic.watch.merging import merged_indexes, merged_statements, merged_tables
from pgclinic.watch.moments import iso, micros
from pgclinic.watch.schema import CHECKUPS, NIGHTS, OBSERVATIONS, SAMPLES, SERIES, TARGETS, TEXTS
from pgclinic.watch.writing import Writing

_FEW = 400
"""Values of one IN list: SQLite takes at most 999 parameters in old versions."""


class History(Writing):
    """A history store. Raises UserError where it cannot be opened, StoreError later."""

    def targets(self) -> tuple[WatchedTarget, ...]:
        """All that were ever watched, by name."""
        last = sa.select(sa.func.max(SAMPLES.c.at)).where(SAMPLES.c.target_id == TARGETS.c.id).scalar_subquery()
        rows = self.rows(sa.select(TARGETS, last.label("last")).order_by(TARGETS.c.name))
        return tuple(
            WatchedTarget(
                name=row.name,
                database=row.database,
                system_identifier=row.system_identifier,
                is_standby=row.is_standby,
                last_at=None if row.last is None else iso(row.last),
            )
            for row in rows
        )

    def series(self, target: str) -> tuple[tuple[str, Unit, ObjectName | None], ...]:
        """Name, unit and object of every observation that there is of a target."""
        rows = self.rows(sa.select(SERIES).where(SERIES.c.target_id == self.id_of(target)).order_by(SERIES.c.id))
        return tuple(dict.fromkeys((row.name, Unit(row.unit), _object_of(row)) for row in rows))

    def observations(
        self,
        target: str,
        name: str,
        of: ObjectName | None = None,
        since: str | None = None,
        until: str | None = None,
        *,
        resolution: int | None = None,
    ) -> tuple[Point, ...]:
        """One figure over time, oldest first: sampled over hours, of five minutes over days, of hours over longer."""
        begin, end = _span(since, until)
        wanted = resolution_for(begin, end) if resolution is None else resolution
        mine = [SERIES.c.target_id == self.id_of(target), SERIES.c.name == name, *_is_of(of)]
        where = [*mine, OBSERVATIONS.c.at > begin, OBSERVATIONS.c.at <= end]
        together = SERIES.join(OBSERVATIONS, SERIES.c.id == OBSERVATIONS.c.series_id)
        columns = (OBSERVATIONS, SERIES.c.provenance)
        found: dict[tuple[int, int], Any] = {}
        for row in self.rows(sa.select(*columns).select_from(together).where(*where).order_by(OBSERVATIONS.c.at)):
            found[row.resolution, row.at] = row
        return tuple(
            Point(
                at=iso(row.at),
                value=row.value,
                low=row.low,
                high=row.high,
                seconds=row.resolution,
                provenance=Provenance(row.provenance),
            )
            for row in (found[key] for key in covering(found, begin, wanted))
        )

    def samples(self, target: str, since: str | None = None, until: str | None = None) -> tuple[Sample, ...]:
        """Each look without what it saw, oldest first."""
        begin, end = _span(since, until)
        columns = [column for column in SAMPLES.c if column is not SAMPLES.c.details]
        where = (SAMPLES.c.target_id == self.id_of(target), SAMPLES.c.resolution == 0)
        rows = self.rows(
            sa.select(*columns).where(*where, SAMPLES.c.at > begin, SAMPLES.c.at <= end).order_by(SAMPLES.c.at)
        )
        return tuple(_sample(target, row, Details(), ()) for row in rows)

    def last_sample(self, target: str, before: str | None = None, *, is_reached: bool = True) -> Sample | None:
        """The last look at or before a moment with all that it saw, None without one; ``is_reached``: one that saw."""
        identity = self.id_of(target)
        where = [SAMPLES.c.target_id == identity, SAMPLES.c.resolution == 0]
        if before is not None:
            where.append(SAMPLES.c.at <= micros(before))
        if is_reached:
            where.append(SAMPLES.c.gap != "unreachable")
        rows = self.rows(sa.select(SAMPLES).where(*where).order_by(SAMPLES.c.at.desc()).limit(1))
        if not rows:
            return None
        together = SERIES.join(OBSERVATIONS, SERIES.c.id == OBSERVATIONS.c.series_id)
        of_it = (SERIES.c.target_id == identity, OBSERVATIONS.c.resolution == 0, OBSERVATIONS.c.at == rows[0].at)
        observed = self.rows(sa.select(SERIES, OBSERVATIONS.c.value).select_from(together).where(*of_it))
        figures = (
            Observation(
                name=row.name,
                value=row.value,
                unit=Unit(row.unit),
                provenance=Provenance(row.provenance),
                object=_object_of(row),
            )
            for row in observed
        )
        return _sample(target, rows[0], unpacked(rows[0].details), tuple(figures))

    def sessions(self, target: str, at: str | None = None) -> tuple[Session, ...]:
        """Who was at work at the last look at or before a moment."""
        sample = self.last_sample(target, at)
        return () if sample is None else sample.sessions

    def statements(self, target: str, since: str | None = None, until: str | None = None) -> tuple[StatementTotal, ...]:
        """What each statement gained over a time, those that took longest first."""
        texts = self.texts(target)
        details = (each for _, _, each in self.details(target, since, until))
        return tuple(
            _total(gained, texts.get((gained.queryid, gained.role)))
            for gained in merged_statements(delta for each in details for delta in each.statements)
        )

    def statement_gains(self, target: str, since: str | None = None) -> Iterator[tuple[str, StatementDelta]]:
        """What every statement gained and when, oldest first; in one reading of the store."""
        for at, _, details in self.details(target, since, None, None):
            for each in details.statements:
                yield at, each

    def statement_history(
        self,
        target: str,
        queryid: str,
        since: str | None = None,
        until: str | None = None,
        *,
        role: str | None = None,
        resolution: int | None = None,
    ) -> tuple[StatementPoint, ...]:
        """What one statement gained, oldest first; of all roles together unless one is named."""
        found = []
        for at, seconds, details in self.details(target, since, until, resolution):
            own = [
                each for each in details.statements if each.queryid == queryid and (role is None or each.role == role)
            ]
            gained = merged_statements(msgspec.structs.replace(each, role=role or "") for each in own)
            found += [StatementPoint(at=at, seconds=seconds, gained=each) for each in gained]
        return tuple(found)

    def tables(self, target: str, since: str | None = None, until: str | None = None) -> tuple[TableDelta, ...]:
        """What each table gained over a time, by name; its rows and bytes are the last that were seen."""
        details = (each for _, _, each in self.details(target, since, until))
        return merged_tables(delta for each in details for delta in each.tables)

    def indexes(self, target: str, since: str | None = None, until: str | None = None) -> tuple[IndexDelta, ...]:
        """How often each index was scanned over a time, by name."""
        details = (each for _, _, each in self.details(target, since, until))
        return merged_indexes(delta for each in details for delta in each.indexes)

    def table_history(
        self, target: str, name: str, schema: str = "public", since: str | None = None, until: str | None = None
    ) -> tuple[TablePoint, ...]:
        """What one table gained, oldest first."""
        return tuple(
            TablePoint(at=at, seconds=seconds, gained=each)
            for at, seconds, details in self.details(target, since, until, None)
            for each in details.tables
            if (each.object.name, each.object.schema) == (name, schema)
        )

    def index_history(
        self, target: str, name: str, schema: str = "public", since: str | None = None, until: str | None = None
    ) -> tuple[IndexPoint, ...]:
        """How often one index was scanned, oldest first."""
        return tuple(
            IndexPoint(at=at, seconds=seconds, gained=each)
            for at, seconds, details in self.details(target, since, until, None)
            for each in details.indexes
            if (each.object.name, each.object.schema) == (name, schema)
        )

    def texts(self, target: str) -> dict[tuple[str, str], StatementText]:
        """The texts of statements, by query id and role."""
        rows = self.rows(sa.select(TEXTS).where(TEXTS.c.target_id == self.id_of(target)))
        found = (
            StatementText(
                queryid=row.queryid,
                role=row.role,
                text=row.text,
                fingerprint=row.fingerprint,
                verb=row.verb,
                is_own=row.is_own,
            )
            for row in rows
        )
        return {(each.queryid, each.role): each for each in found}

    def grades(self, target: str, since: str | None = None, until: str | None = None) -> tuple[KeptGrade, ...]:
        """The grades of the checkups that were kept, oldest first."""
        begin, end = _span(since, until)
        columns = (CHECKUPS.c.at, CHECKUPS.c.score, CHECKUPS.c.letter, CHECKUPS.c.confidence)
        where = (CHECKUPS.c.target_id == self.id_of(target), CHECKUPS.c.at > begin, CHECKUPS.c.at <= end)
        rows = self.rows(sa.select(*columns).where(*where).order_by(CHECKUPS.c.at))
        return tuple(
            KeptGrade(at=iso(row.at), score=row.score, letter=row.letter, confidence=row.confidence) for row in rows
        )

    def checkup(self, target: str, at: str | None = None) -> Checkup | None:
        """The last checkup at or before a moment, None without one."""
        where = [CHECKUPS.c.target_id == self.id_of(target)]
        if at is not None:
            where.append(CHECKUPS.c.at <= micros(at))
        rows = self.rows(sa.select(CHECKUPS.c.document).where(*where).order_by(CHECKUPS.c.at.desc()).limit(1))
        return msgspec.msgpack.decode(zlib.decompress(rows[0].document), type=Checkup) if rows else None

    def night(self, target: str, at: str | None = None) -> Night | None:
        """What the last regular checkup at or before a moment found by looking back, None without one."""
        where = [NIGHTS.c.target_id == self.id_of(target)]
        if at is not None:
            where.append(NIGHTS.c.at <= micros(at))
        rows = self.rows(sa.select(NIGHTS.c.document).where(*where).order_by(NIGHTS.c.at.desc()).limit(1))
        return msgspec.msgpack.decode(zlib.decompress(rows[0].document), type=Night) if rows else None

    def details(
        self, target: str, since: str | None, until: str | None, resolution: int | None = RESOLUTIONS[-1]
    ) -> Iterator[tuple[str, float, Details]]:
        """Details in order of time, each moment once: as coarse as allowed, for sums; ``None`` for what is drawn."""
        begin, end = _span(since, until)
        wanted = resolution_for(begin, end) if resolution is None else resolution
        mine = SAMPLES.c.target_id == self.id_of(target)
        keys = self.rows(
            sa.select(SAMPLES.c.resolution, SAMPLES.c.at, SAMPLES.c.looks)
            .where(mine, SAMPLES.c.at > begin, SAMPLES.c.at <= end)
            .order_by(SAMPLES.c.at)
        )
        chosen = covering(up_to_date((row.resolution, row.at, row.looks) for row in keys), begin, wanted)
        for start in range(0, len(chosen), _FEW):
            some = chosen[start : start + _FEW]
            rows = {
                (row.resolution, row.at): row
                for row in self.rows(sa.select(SAMPLES).where(mine, SAMPLES.c.at.in_([at for _, at in some])))
            }
            for key in some:
                row = rows[key]
                yield iso(row.at), row.seconds or 0.0, unpacked(row.details)


def _sample(target: str, row: Any, details: Details, figures: tuple[Observation, ...]) -> Sample:  # noqa: ANN401 - a row
    return Sample(
        target=target,
        at=iso(row.at),
        seconds=row.seconds,
        gap=row.gap,
        reason=row.reason,
        took_ms=row.took_ms,
        late_seconds=row.late_seconds,
        observations=figures,
        statements=details.statements,
        tables=details.tables,
        indexes=details.indexes,
        sessions=details.sessions,
    )


def _total(gained: StatementDelta, text: StatementText | None) -> StatementTotal:
    if text is None:
        return StatementTotal(gained=gained)
    return StatementTotal(gained=gained, text=text.text, fingerprint=text.fingerprint, verb=text.verb)


def _span(since: str | None, until: str | None) -> tuple[int, int]:
    return (micros(since) if since else 0), (micros(until) if until else 1 << 62)


def _object_of(row: Any) -> ObjectName | None:  # noqa: ANN401 - a row
    return ObjectName(row.kind, row.object_name, row.schema_name, row.parent) if row.kind else None


def _is_of(of: ObjectName | None) -> list[sa.ColumnElement[bool]]:
    found = of or ObjectName("", "")
    return [
        SERIES.c.kind == found.kind,
        SERIES.c.object_name == found.name,
        SERIES.c.schema_name == found.schema,
        SERIES.c.parent == found.parent,
    ]
