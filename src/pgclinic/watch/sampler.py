"""Two looks make a Sample: what was gained in between, and everything odd about it by its name. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from pgclinic.model.clock import seconds_between
from pgclinic.model.counters import DatabaseCounters
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.watching import Sample
from pgclinic.watch import deltas
from pgclinic.watch.merging import merged_statements
from pgclinic.watch.observing import Seen, observations

_OF_DATABASE = (
    "xact_commit",
    "xact_rollback",
    "blks_hit",
    "blks_read",
    "tup_returned",
    "tup_fetched",
    "tup_inserted",
    "tup_updated",
    "tup_deleted",
    "temp_files",
    "temp_bytes",
    "deadlocks",
    "conflicts",
)
_CLOCK_SECONDS = 5.0
_LATE = 2.0
_CLOCK_SHARE = 0.1
"""How far the server's clock and ours may differ over a sample, before one of them was set."""

_LONGEST_UNSEEN = 3600.0
"""Seconds without a watcher after which one begins anew: no sample is of more than the longest time put together."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How a look was had. ``elapsed`` seconds by our own steady clock since the look before, None without one.

    ``interval`` is what should have been, ``missed`` how many looks before it failed or were left out.
    """

    elapsed: float | None = None
    interval: float = 30.0
    took_ms: float = 0.0
    late_seconds: float = 0.0
    missed: int = 0


def sample(
    target: str,
    before: Snapshot | None,
    after: Snapshot,
    *,
    census: Snapshot | None = None,
    names: Mapping[int, ObjectName] | None = None,
    own: Collection[str] = (),
    utility: Collection[str] = (),
    durations: Sequence[float] | None = None,
    taken: Taken | None = None,
) -> Sample:
    """The Sample of two looks of the same target.

    ``census`` is the last earlier look that also saw indexes and sizes, ``names`` tables by oid where this look did
    not ask for them, ``own`` query ids of statements of ours, ``utility`` those that are no queries of an application.
    ``durations`` are those of single calls in between, in ms, where a log tells them.
    """
    taken = taken or Taken()
    if census is not None and not after.settings:
        after = msgspec.structs.replace(after, settings=census.settings)
    odd = list(_oddities(before, after, taken))
    gap = odd[0][0] if odd else ""
    reason = " ".join(sentence for _, sentence in odd)
    if before is None or gap == "first":
        seen = Seen(before=None, after=after, seconds=None)
        return Sample(
            target=target,
            at=after.header.clock,
            seconds=None,
            gap="first",
            reason=reason,
            took_ms=taken.took_ms,
            late_seconds=taken.late_seconds,
            observations=tuple(observations(seen)),
            sessions=after.sessions,
        )
    seconds = seconds_between(before.header.clock, after.header.clock)
    if taken.elapsed is not None and (gap == "clock" or seconds <= 0):
        seconds = taken.elapsed
    all_anew = _database_anew(before, after)
    gained = deltas.statements(
        before.statements,
        after.statements,
        all_anew=_statements_anew(before, after),
        without=own,
    )
    times = deltas.response_times(
        before.response_times,
        after.response_times,
        all_anew=before.server.started_at != after.server.started_at,
    )
    statements = merged_statements(
        msgspec.structs.replace(each, times=times.pop((each.queryid, each.role), ())) for each in gained
    )
    tables = deltas.tables(
        before.table_counters,
        after.table_counters,
        names or deltas.names_of(after.relations),
        after.relation_by_oid,
        all_anew=all_anew,
    )
    indexes = deltas.indexes(census.indexes, after.indexes, all_anew=_database_anew(census, after)) if census else ()
    seen = Seen(
        before=before,
        after=after,
        seconds=seconds if seconds > 0 else None,
        statements=statements,
        tables=tuple(tables),
        utility=frozenset(utility),
        is_anew=all_anew,
        durations=None if durations is None else tuple(durations),
    )
    return Sample(
        target=target,
        at=after.header.clock,
        seconds=seen.seconds,
        gap=gap,
        reason=reason,
        took_ms=taken.took_ms,
        late_seconds=taken.late_seconds,
        observations=tuple(observations(seen)),
        statements=seen.statements,
        tables=seen.tables,
        indexes=tuple(indexes),
        sessions=after.sessions,
    )


def unreachable(target: str, at: str, reason: str, *, taken: Taken | None = None) -> Sample:
    """A look that failed: ``at`` is our own clock, ``reason`` one sentence without secrets."""
    taken = taken or Taken()
    return Sample(
        target=target,
        at=at,
        seconds=None,
        gap="unreachable",
        reason=reason,
        took_ms=taken.took_ms,
        late_seconds=taken.late_seconds,
    )


def _oddities(before: Snapshot | None, after: Snapshot, taken: Taken) -> Iterator[tuple[str, str]]:
    """What is odd about a sample, in the order of weight: its word and a sentence."""
    if before is None:
        yield "first", "Nothing was seen before this look."
        return
    started = after.server.started_at
    if _place(before) != _place(after) or (
        started is not None
        and before.server.started_at is not None
        and _is_another_server(before, after, started, taken.elapsed)
    ):
        yield "first", "Another server or database answers under this name."
        return
    unseen = seconds_between(before.header.clock, after.header.clock) if taken.elapsed is None else 0.0
    is_restarted = started != before.server.started_at
    if unseen > (_LATE * taken.interval if is_restarted else _LONGEST_UNSEEN):
        restart = " and the server was restarted meanwhile" if is_restarted else ""
        yield "first", f"Nobody looked for {unseen:.0f} s{restart}: what was gained since is not known."
        return
    if is_restarted:
        yield "restarted", f"The server was restarted at {started}."
    yield from _resets(before, after)
    seconds = seconds_between(before.header.clock, after.header.clock)
    if taken.elapsed is not None:
        tolerance = max(_CLOCK_SECONDS, _CLOCK_SHARE * taken.elapsed)
        if seconds <= 0 or abs(seconds - taken.elapsed) > tolerance:
            by = seconds - taken.elapsed
            yield "clock", f"The server's clock went {by:+.0f} s against ours; the time is by ours."
    elif seconds > _LATE * taken.interval:
        yield "missed", f"Nobody looked for {seconds:.0f} s: the watch was restarted or handed over."
    if taken.missed:
        yield "missed", f"{taken.missed} looks before this one failed or were left out."
    if taken.took_ms > 1000 * taken.interval:
        yield "slow", f"The look took {taken.took_ms / 1000:.1f} s, longer than there is between two."


def _resets(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, str]]:
    if _database_anew(before, after):
        yield "reset", "The statistics of the database began anew."
    elif _reset_of(before) != _reset_of(after):
        yield "reset", "Statistics of the database were reset."
    if _statements_anew(before, after):
        yield "reset", "pg_stat_statements began anew."


def _place(snapshot: Snapshot) -> tuple[str, int, str]:
    server = snapshot.server
    return server.system_identifier, server.database_oid, server.database


def _is_another_server(before: Snapshot, after: Snapshot, started: str, elapsed: float | None) -> bool:
    """A server that was up before the look, and is not the one that answered it: a replica, a host of a list.

    By the clock that the look before was told: one that was set back since says of a restart that it was earlier.
    """
    if started == before.server.started_at:
        return False
    set_back = 0.0 if elapsed is None else elapsed - seconds_between(before.header.clock, after.header.clock)
    return seconds_between(started, before.header.clock) - max(set_back, 0.0) > _CLOCK_SECONDS


def _counters(snapshot: Snapshot) -> DatabaseCounters:
    return snapshot.database_counters or DatabaseCounters()


def _reset_of(snapshot: Snapshot) -> str | None:
    return _counters(snapshot).stats_reset


def _database_anew(before: Snapshot, after: Snapshot) -> bool:
    """Whether the database's counters fell: those of its tables and indexes were reset, or lost, with them.

    The time of the reset says less: resetting a single table sets it too (``pgstat_reset`` in pgstat.c).
    """
    return deltas.fell(_counters(before), _counters(after), _OF_DATABASE)


def _statements_anew(before: Snapshot, after: Snapshot) -> bool:
    then, now = _counters(before).statements_reset, _counters(after).statements_reset
    return then is not None and now is not None and then != now
