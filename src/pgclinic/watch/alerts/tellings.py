"""Who was told of what, channel by channel: written as messages are queued, sent, or fail."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from pgclinic.model.alerting import ChannelRecord, Telling
from pgclinic.watch.alerts.notices import Notice
from pgclinic.watch.alerts.tables import TELLING
from pgclinic.watch.moments import SECOND, iso, micros

TRIED_SECONDS = 86_400.0
"""Nobody needs yesterday's alert; a channel that failed for so long has been said to fail."""
_KEY = ("target", "rule", "object", "at", "is_resolved", "channel")


def queued(connection: Connection, notices: Iterable[tuple[str, Notice]], now: float) -> None:
    """They are to be sent."""
    for channel, notice in notices:
        _write(connection, channel, notice, now, {})


def sent(connection: Connection, channel: str, notices: Iterable[Notice], now: float) -> None:
    """The channel took them."""
    for notice in notices:
        _write(connection, channel, notice, now, {"sent_at": _micros(now), "failure": ""})


def failed(connection: Connection, channel: str, notices: Iterable[Notice], now: float, why: str) -> None:
    """The channel did not take them."""
    for notice in notices:
        _write(connection, channel, notice, now, {"failed": TELLING.c.failed + 1, "failure": why}, failed=1)


def tellings(
    connection: Connection, targets: Sequence[str], since: int
) -> Mapping[tuple[str, str, str], list[tuple[int, Telling]]]:
    """What was told since a moment in microseconds, with the sample's time, by target, rule and object."""
    query = sa.select(TELLING).where(TELLING.c.target.in_(targets), TELLING.c.at >= since)
    found = defaultdict(list)
    for row in connection.execute(query.order_by(TELLING.c.at, TELLING.c.is_resolved, TELLING.c.channel)):
        found[row.target, row.rule, row.object].append((row.at, _telling(row)))
    return found


def channel_records(told: Iterable[Telling]) -> tuple[ChannelRecord, ...]:
    """How each channel did, by name."""
    channels: dict[str, list[Telling]] = defaultdict(list)
    for each in told:
        channels[each.channel].append(each)
    return tuple(_record(name, channels[name]) for name in sorted(channels))


def forget(connection: Connection, target: str, before: int) -> None:
    """Drop what is older."""
    connection.execute(TELLING.delete().where(TELLING.c.target == target, TELLING.c.at < before))


def _write(
    connection: Connection, channel: str, notice: Notice, now: float, changes: Mapping[str, Any], **first: int
) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {
        **msgspec.structs.asdict(notice),
        "at": micros(notice.at),
        "channel": channel,
        "made_at": _micros(now),
        "failed": 0,
        "failure": "",
        **{name: value for name, value in changes.items() if name != "failed"},
        **first,
    }
    made = insert(TELLING).values({name: value for name, value in row.items() if name in TELLING.c})
    if changes:
        connection.execute(made.on_conflict_do_update(index_elements=_KEY, set_=dict(changes)))
    else:
        connection.execute(made.on_conflict_do_nothing())


def _telling(row: Any) -> Telling:  # noqa: ANN401 - a row
    return Telling(
        channel=row.channel,
        made_at=iso(row.made_at),
        is_resolved=row.is_resolved,
        sent_at=None if row.sent_at is None else iso(row.sent_at),
        failed=row.failed,
        failure=row.failure,
        is_given_up=row.sent_at is None and row.made_at < _micros(time.time() - TRIED_SECONDS),
    )


def _record(name: str, told: Sequence[Telling]) -> ChannelRecord:
    return ChannelRecord(
        name=name,
        sent=sum(each.sent_at is not None for each in told),
        waiting=sum(each.sent_at is None and not each.is_given_up for each in told),
        given_up=sum(each.is_given_up for each in told),
        failed_attempts=sum(each.failed for each in told),
        failure=next((each.failure for each in reversed(told) if each.failure), ""),
    )


def _micros(seconds: float) -> int:
    return round(seconds * SECOND)
