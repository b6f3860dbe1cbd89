"""What stands, and what is still to be told, in the store: for whoever watches next, and who watches beside.

Each sample is judged once, whoever judges it: a watcher first moves the time up to which its target was judged, and
whoever comes second does nothing. A standing changes only from the state in which it was read. The messages of a
change are written with it, in one transaction, and a message is handed to one sender at a time.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from pgclinic.model.clock import position
from pgclinic.model.watching import Sample
from pgclinic.watch.alerts import episodes, tellings
from pgclinic.watch.alerts.derived import UNREACHABLE
from pgclinic.watch.alerts.engine import Change, Phase, Standing
from pgclinic.watch.alerts.notices import Notice
from pgclinic.watch.alerts.rules import Rule
from pgclinic.watch.alerts.tables import JUDGED, MESSAGE, STANDING
from pgclinic.watch.alerts.tellings import TRIED_SECONDS

MOST_WAITING = 1_000
"""Messages of one channel; the oldest make room."""
LEASE_SECONDS = 180.0

Addressees = Callable[[Change], Iterable[tuple[str, Notice]]]
"""The names of the channels that are told of a change, and what they are told."""


class Waiting(msgspec.Struct, frozen=True):
    """A notice that a sender holds until its lease ends. ``number`` is the store's."""

    number: int
    notice: Notice
    attempts: int


class Ledger:
    """What stands and what waits, over an engine of SQLAlchemy: SQLite or PostgreSQL. Raises SQLAlchemyError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def standings(self, target: str) -> dict[tuple[str, str], Standing]:
        """What stands on a target, by rule and object."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(STANDING).where(STANDING.c.target == target)).all()
        found = [Standing(**row._asdict() | {"phase": Phase(row.phase)}) for row in rows]
        return {(each.rule, each.object): each for each in found}

    def record(self, sample: Sample, changes: Sequence[Change], told: Addressees, now: float) -> tuple[Change, ...]:
        """Write down what a sample changes, with the messages; what was written, nothing for who comes second."""
        with self._engine.begin() as connection:
            if not _claimed(connection, sample):
                return ()
            kept = tuple(change for change in changes if _changed(connection, change))
            for change in kept:
                episodes.keep(connection, change)
            self._tell(connection, [each for change in kept for each in told(change)], now)
        return kept

    def restore(self, sample: Sample, standings: Sequence[Standing], rules: Iterable[Rule]) -> None:
        """Put what stands by a watcher's own memory in place of what is there, which it could not write meanwhile."""
        with self._engine.begin() as connection:
            episodes.restore(connection, sample.target, sample.at, standings, rules)
            connection.execute(STANDING.delete().where(STANDING.c.target == sample.target))
            rows = [msgspec.structs.asdict(each) for each in standings]
            if rows:
                connection.execute(STANDING.insert(), rows)
            _claimed(connection, sample)

    def take(self, channel: str, sender: str, now: float, most: int) -> tuple[Waiting, ...]:
        """The oldest messages of a channel that are due, for this sender alone until the lease ends."""
        due = (
            sa.select(MESSAGE.c.number)
            .where(MESSAGE.c.channel == channel, MESSAGE.c.due_at <= now)
            .order_by(MESSAGE.c.number)
            .limit(most)
            .with_for_update(skip_locked=True)  # SQLite has one writer at a time, and no such words
        )
        taken = (
            MESSAGE.update()
            .where(MESSAGE.c.number.in_(due.scalar_subquery()))
            .values(due_at=now + LEASE_SECONDS, sender=sender, attempts=MESSAGE.c.attempts + 1)
            .returning(MESSAGE.c.number, MESSAGE.c.notice, MESSAGE.c.attempts)
        )
        with self._engine.begin() as connection:
            rows = sorted(connection.execute(taken).all())
        return tuple(Waiting(number, msgspec.json.decode(notice, type=Notice), tries) for number, notice, tries in rows)

    def delivered(self, channel: str, waiting: Iterable[Waiting], held: Iterable[Notice], now: float) -> None:
        """They were sent: messages of the ledger, and notices that a sender held by itself."""
        taken = list(waiting)
        with self._engine.begin() as connection:
            connection.execute(MESSAGE.delete().where(MESSAGE.c.number.in_([each.number for each in taken])))
            tellings.sent(connection, channel, [*held, *(each.notice for each in taken)], now)

    def put_off(self, channel: str, waiting: Iterable[Waiting], now: float, why: str) -> None:
        """They could not be sent, and may be tried again at once."""
        taken = list(waiting)
        numbers = [each.number for each in taken]
        with self._engine.begin() as connection:
            connection.execute(MESSAGE.update().where(MESSAGE.c.number.in_(numbers)).values(due_at=now))
            tellings.failed(connection, channel, [each.notice for each in taken], now, why)

    def tell(self, notices: Sequence[tuple[str, Notice]], now: float) -> None:
        """Messages that belong to no change."""
        with self._engine.begin() as connection:
            self._tell(connection, notices, now)

    def drop_old(self, now: float) -> int:
        """Drop what nobody could be told for a day; how many."""
        with self._engine.begin() as connection:
            return connection.execute(MESSAGE.delete().where(MESSAGE.c.made_at < now - TRIED_SECONDS)).rowcount

    def _tell(self, connection: Connection, notices: Sequence[tuple[str, Notice]], now: float) -> None:
        if not notices:
            return
        rows = [
            {
                "channel": channel,
                "notice": msgspec.json.encode(notice).decode(),
                "made_at": now,
                "due_at": now,
                "attempts": 0,
                "sender": "",
            }
            for channel, notice in notices
        ]
        connection.execute(MESSAGE.insert(), rows)
        tellings.queued(connection, notices, now)
        for channel in sorted({channel for channel, _ in notices}):
            newest = (
                sa.select(MESSAGE.c.number)
                .where(MESSAGE.c.channel == channel)
                .order_by(MESSAGE.c.number.desc())
                .limit(1)
                .offset(MOST_WAITING)
            )
            connection.execute(
                MESSAGE.delete().where(MESSAGE.c.channel == channel, MESSAGE.c.number <= newest.scalar_subquery())
            )


def _claimed(connection: Connection, sample: Sample) -> bool:
    """Whether this sample is ours to judge: it is newer than what was judged of its target.

    A clock that was set begins anew. The time of a sample of a server that was not reached is ours and not the
    server's: it says nothing about the order.
    """
    at, mine = position(sample.at), JUDGED.c.target == sample.target
    if sample.gap == UNREACHABLE:
        return True
    order = sa.true() if sample.gap == "clock" else JUDGED.c.at < at
    if connection.execute(JUDGED.update().where(mine, order).values(at=at)).rowcount:
        return True
    return _inserted(connection, JUDGED, {"target": sample.target, "at": at})


def _changed(connection: Connection, change: Change) -> bool:
    """Whether the standing was as it was read, and is now as it should be."""
    before, after = change.before, change.after
    if before is None:
        assert after is not None
        return _inserted(connection, STANDING, msgspec.structs.asdict(after))
    same = sa.and_(
        *(STANDING.c[name] == getattr(before, name) for name in ("target", "rule", "object", "phase", "is_told"))
    )
    if after is None:
        return bool(connection.execute(STANDING.delete().where(same)).rowcount)
    return bool(connection.execute(STANDING.update().where(same).values(msgspec.structs.asdict(after))).rowcount)


def _inserted(connection: Connection, table: sa.Table, row: dict[str, object]) -> bool:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made = insert(table).values(row).on_conflict_do_nothing().returning(table.c.target)
    return connection.execute(made).first() is not None
