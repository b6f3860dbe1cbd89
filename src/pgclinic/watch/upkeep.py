"""Keeping a store small: samples are put together by five minutes and by hours, and forgotten in their time.

A bucket is put together when a later look has come, and again when it counts fewer looks than it holds: a clock that
was set back, or samples that waited for the store, may bring some late. Until then it is read look by look.
"""

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from pgclinic.watch.alerts import episodes, tellings
from pgclinic.watch.covering import RESOLUTIONS, bucket_end
from pgclinic.watch.details import Details, packed_details, unpacked
from pgclinic.watch.merging import merged_indexes, merged_statements, merged_tables
from pgclinic.watch.moments import SECOND, micros
from pgclinic.watch.observing import latencies
from pgclinic.watch.schema import OBSERVATIONS, SAMPLES, SERIES, TEXTS
from pgclinic.watch.writing import Writing

_HOUR = 3_600 * SECOND
_DAY = 24 * _HOUR
_RECENT = 2 * _DAY
_STEPS = ((300, 0), (3600, 300))
"""Resolutions, and what each is made of."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days each resolution is kept."""

    sampled_days: float = 2.0
    minutes_days: float = 35.0
    hours_days: float = 800.0

    def kept(self, resolution: int) -> int:
        """In microseconds."""
        days = {0: self.sampled_days, 300: self.minutes_days, 3600: self.hours_days}[resolution]
        return int(days * _DAY)


def keep_up(history: Writing, target: str, now: str, retention: Retention, *, is_thorough: bool = False) -> int:
    """Put together and forget what is due of one target; says how many buckets were made. Raises StoreError.

    ``is_thorough`` looks for what is due in all of the store, not only in its newest days. Nothing is forgotten by a
    clock that is ahead of the newest look.
    """
    identity = history.id_of(target)
    newest = history.rows(sa.select(sa.func.max(SAMPLES.c.at)).where(*_of(identity, 0)))[0][0]
    if newest is None:
        return 0
    made = 0
    for resolution, finer in _STEPS:
        since = 0 if is_thorough or not finer else newest - _RECENT
        for end in _due(history, identity, resolution, finer, since=since, newest=newest):
            with history.writing() as connection:
                _put_together(connection, identity, end, resolution, finer)
            made += 1
    with history.writing() as connection:
        known = min(newest, micros(now))
        _forget(connection, identity, known, retention)
        for forget in (episodes.forget, tellings.forget):
            forget(connection, target, known - retention.kept(RESOLUTIONS[-1]))
    return made


def _of(target: int, resolution: int) -> tuple[sa.ColumnElement[bool], ...]:
    return SAMPLES.c.target_id == target, SAMPLES.c.resolution == resolution


def _due(history: Writing, target: int, resolution: int, finer: int, *, since: int, newest: int) -> list[int]:
    """Ends of buckets whose looks are not all counted, but for the one that is still being filled."""
    size = resolution * SECOND
    end = ((SAMPLES.c.at + (size - 1)) // size * size).label("end")
    parts = (
        sa.select(end, sa.func.sum(SAMPLES.c.looks).label("looks"))
        .where(*_of(target, finer), SAMPLES.c.at > since // size * size)
        .group_by("end")
        .subquery()
    )
    whole = SAMPLES.alias()
    is_whole = sa.and_(
        whole.c.target_id == target,
        whole.c.resolution == resolution,
        whole.c.at == parts.c.end,
        whole.c.looks >= parts.c.looks,
    )
    query = (
        sa.select(parts.c.end)
        .where(parts.c.end < bucket_end(newest, resolution), ~sa.exists().where(is_whole))
        .order_by(parts.c.end)
    )
    return [row.end for row in history.rows(query)]


def _put_together(connection: Connection, target: int, end: int, resolution: int, finer: int) -> None:
    begin = end - resolution * SECOND
    within = (*_of(target, finer), SAMPLES.c.at > begin, SAMPLES.c.at <= end)
    parts = connection.execute(sa.select(SAMPLES).where(*within).order_by(SAMPLES.c.at)).all()
    details = [unpacked(part.details) for part in parts]
    together = Details(
        merged_statements(delta for each in details for delta in each.statements),
        merged_tables(delta for each in details for delta in each.tables),
        merged_indexes(delta for each in details for delta in each.indexes),
    )
    odd = [part for part in parts if part.gap]
    connection.execute(sa.delete(SAMPLES).where(*_of(target, resolution), SAMPLES.c.at == end))
    connection.execute(
        sa.insert(SAMPLES).values(
            target_id=target,
            resolution=resolution,
            at=end,
            seconds=sum(part.seconds or 0.0 for part in parts),
            gap=odd[0].gap if odd else "",
            reason=odd[0].reason if odd else "",
            took_ms=max(part.took_ms for part in parts),
            late_seconds=max(part.late_seconds for part in parts),
            looks=sum(part.looks for part in parts),
            details=packed_details(together),
        )
    )
    _put_figures_together(connection, target, end, resolution, finer)
    _estimate_again(connection, target, end, resolution, together)


def _series_of(target: int) -> "sa.ScalarSelect[int]":
    return sa.select(SERIES.c.id).where(SERIES.c.target_id == target).scalar_subquery()


def _put_figures_together(connection: Connection, target: int, end: int, resolution: int, finer: int) -> None:
    """Means and extremes of each series."""
    mine = OBSERVATIONS.c.series_id.in_(_series_of(target))
    connection.execute(
        sa.delete(OBSERVATIONS).where(mine, OBSERVATIONS.c.resolution == resolution, OBSERVATIONS.c.at == end)
    )
    found = (
        sa.select(
            OBSERVATIONS.c.series_id,
            sa.literal(resolution, sa.Integer),
            sa.literal(end, sa.BigInteger),
            sa.func.avg(OBSERVATIONS.c.value),
            sa.func.min(OBSERVATIONS.c.low),
            sa.func.max(OBSERVATIONS.c.high),
        )
        .where(
            mine,
            OBSERVATIONS.c.resolution == finer,
            OBSERVATIONS.c.at > end - resolution * SECOND,
            OBSERVATIONS.c.at <= end,
        )
        .group_by(OBSERVATIONS.c.series_id)
    )
    columns = ["series_id", "resolution", "at", "value", "low", "high"]
    connection.execute(sa.insert(OBSERVATIONS).from_select(columns, found))


def _estimate_again(connection: Connection, target: int, end: int, resolution: int, together: Details) -> None:
    """A mean of percentiles is no percentile: those that are estimated are estimated from all calls."""
    utility = set(
        connection.scalars(sa.select(TEXTS.c.queryid).where(TEXTS.c.target_id == target, TEXTS.c.verb == "utility"))
    )
    for each in latencies(tuple(delta for delta in together.statements if delta.queryid not in utility)):
        if each.value is None:
            continue
        series = sa.select(SERIES.c.id).where(
            SERIES.c.target_id == target, SERIES.c.name == each.name, SERIES.c.provenance == each.provenance.value
        )
        connection.execute(
            sa.update(OBSERVATIONS)
            .where(
                OBSERVATIONS.c.series_id.in_(series.scalar_subquery()),
                OBSERVATIONS.c.resolution == resolution,
                OBSERVATIONS.c.at == end,
            )
            .values(value=each.value)
        )


def _forget(connection: Connection, target: int, now: int, retention: Retention) -> None:
    """Whole hours only: what is left of a bucket is all of it, or it would be put together anew from half."""
    for resolution in RESOLUTIONS:
        before = (now - retention.kept(resolution)) // _HOUR * _HOUR
        connection.execute(sa.delete(SAMPLES).where(*_of(target, resolution), SAMPLES.c.at <= before))
        connection.execute(
            sa.delete(OBSERVATIONS).where(
                OBSERVATIONS.c.series_id.in_(_series_of(target)),
                OBSERVATIONS.c.resolution == resolution,
                OBSERVATIONS.c.at <= before,
            )
        )
