"""The past of alerts: each time that something stood, from the moment it was called an alert to its end.

An episode is written with the standing that it is of, in one transaction. One that is missing, of a store of an
earlier version or of samples that could not be stored, begins with the next sample.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from pgclinic.model.alerting import Alert, AlertHistory
from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Severity
from pgclinic.watch.alerts.engine import Change, Phase, Standing
from pgclinic.watch.alerts.rules import Rule
from pgclinic.watch.alerts.tables import EPISODE, STANDING
from pgclinic.watch.alerts.tellings import channel_records, tellings
from pgclinic.watch.moments import iso, micros

MOST = 500
"""Alerts that are read at once, the newest."""
_END_OF_TIME = 1 << 62


def keep(connection: Connection, change: Change) -> None:
    """Write down what a change means for the past; a pending one means nothing."""
    if change.after is None:
        assert change.before is not None
        _end(connection, change.before.target, {(change.before.rule, change.before.object)}, change.at)
    elif change.after.phase is Phase.FIRING:
        _go_on(connection, change.after, change.rule, change.at)


def restore(connection: Connection, target: str, at: str, standings: Iterable[Standing], rules: Iterable[Rule]) -> None:
    """Bring the past of a target in line with what stands, which could not be written for a while."""
    firing = {(each.rule, each.object): each for each in standings if each.phase is Phase.FIRING}
    by_name = {rule.name: rule for rule in rules}
    kept = connection.execute(sa.select(EPISODE.c.rule, EPISODE.c.object).where(*_open(target))).all()
    _end(connection, target, {(row.rule, row.object) for row in kept} - set(firing), at)
    for standing in firing.values():
        _go_on(connection, standing, by_name.get(standing.rule), at)


def alerts_at(engine: Engine, targets: Sequence[str], since: str, until: str | None = None) -> AlertHistory:
    """The alerts of these targets as they are now or, with ``until``, as they were then; ``since`` bounds the past."""
    begin, end = micros(since), micros(until) if until else _END_OF_TIME
    mine = (EPISODE.c.target.in_(targets), EPISODE.c.fired_at <= end)
    is_over = sa.and_(EPISODE.c.resolved_at > begin, EPISODE.c.resolved_at <= end)
    stands = sa.or_(EPISODE.c.resolved_at.is_(None), EPISODE.c.resolved_at > end)
    firing = STANDING.select().where(STANDING.c.target.in_(targets), STANDING.c.phase == Phase.FIRING)
    newest = EPISODE.c.number.desc()
    with engine.connect() as connection:
        open_ = connection.execute(sa.select(EPISODE).where(*mine, stands).order_by(newest).limit(MOST)).all()
        over = connection.execute(sa.select(EPISODE).where(*mine, is_over).order_by(newest).limit(MOST)).all()
        now = [] if until else [Standing(**row._asdict()) for row in connection.execute(firing.limit(MOST))]
        told = tellings(connection, targets, min([begin, *(row.since for row in open_)]))
    values = {(each.target, each.rule, each.object): each for each in now}
    found = [_alert(row, told, values.pop(_key(row), None), end) for row in open_]
    found += [_unkept(each) for each in values.values()]
    everything = [each for entries in told.values() for at, each in entries if begin < at <= end]
    return AlertHistory(
        standing=tuple(sorted(found, key=lambda alert: (-alert.severity, alert.since, alert.rule, alert.object))),
        resolved=tuple(sorted((_alert(row, told, None, end) for row in over), key=_ended, reverse=True)),
        channels=channel_records(everything),
    )


def forget(connection: Connection, target: str, before: int) -> None:
    """Drop what ended before."""
    connection.execute(EPISODE.delete().where(EPISODE.c.target == target, EPISODE.c.resolved_at < before))


def _open(target: str) -> tuple[sa.ColumnElement[bool], ...]:
    return EPISODE.c.target == target, EPISODE.c.resolved_at.is_(None)


def _go_on(connection: Connection, standing: Standing, rule: Rule | None, at: str) -> None:
    is_it = (*_open(standing.target), EPISODE.c.rule == standing.rule, EPISODE.c.object == standing.object)
    farther = EPISODE.c.worst < standing.value
    is_worse = sa.or_(
        sa.and_(EPISODE.c.comparison.like("<%"), ~farther), sa.and_(EPISODE.c.comparison.like(">%"), farther)
    )
    worst = sa.case((is_worse, standing.value), else_=EPISODE.c.worst)
    if connection.execute(EPISODE.update().where(*is_it).values(worst=worst)).rowcount:
        return
    connection.execute(
        EPISODE.insert().values(
            target=standing.target,
            rule=standing.rule,
            object=standing.object,
            severity=int(rule.severity if rule else Severity.INFO),
            unit=(rule.unit if rule else Unit.COUNT).value,
            comparison=rule.fires.comparison if rule else "",
            threshold=rule.fires.threshold if rule else None,
            since=micros(standing.since),
            fired_at=micros(at),
            worst=standing.value,
        )
    )


def _end(connection: Connection, target: str, names: Iterable[tuple[str, str]], at: str) -> None:
    for rule, about in names:
        is_it = (*_open(target), EPISODE.c.rule == rule, EPISODE.c.object == about)
        connection.execute(EPISODE.update().where(*is_it).values(resolved_at=micros(at)))


def _key(row: Any) -> tuple[str, str, str]:  # noqa: ANN401 - a row
    return row.target, row.rule, row.object


def _alert(row: Any, told: Any, standing: Standing | None, end: int) -> Alert:  # noqa: ANN401 - a row
    last = end if row.resolved_at is None else min(row.resolved_at, end)
    return Alert(
        target=row.target,
        rule=row.rule,
        object=row.object,
        since=iso(row.since),
        fired_at=iso(row.fired_at),
        resolved_at=None if row.resolved_at is None or row.resolved_at > end else iso(row.resolved_at),
        severity=Severity(row.severity),
        unit=Unit(row.unit),
        comparison=row.comparison,
        threshold=row.threshold,
        value=standing.value if standing else None,
        worst=row.worst,
        is_silenced=standing is not None and not standing.is_told,
        tellings=tuple(each for at, each in told.get(_key(row), ()) if row.since <= at <= last),
    )


def _unkept(standing: Standing) -> Alert:
    """What stood before the store kept a past."""
    return Alert(
        target=standing.target,
        rule=standing.rule,
        object=standing.object,
        since=standing.since,
        fired_at=standing.since,
        value=standing.value,
        worst=standing.value,
        is_silenced=not standing.is_told,
    )


def _ended(alert: Alert) -> str:
    return alert.resolved_at or ""
