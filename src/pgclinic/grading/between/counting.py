"""Whether counters ran on between two visits, and what they counted there."""

from collections.abc import Iterator

import msgspec

from pgclinic.model.checkup import Checkup
from pgclinic.model.clock import seconds_between
from pgclinic.model.difference import Remark
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.snapshot import Server, Snapshot
from pgclinic.sql.counted import counted

_TOTALS = (
    ("transactions", ("xact_commit", "xact_rollback")),
    ("rows_inserted", ("tup_inserted",)),
    ("rows_updated", ("tup_updated",)),
    ("rows_deleted", ("tup_deleted",)),
    ("pages_read", ("blks_read",)),
    ("deadlocks", ("deadlocks",)),
)


class Windows(msgspec.Struct, frozen=True):
    """Which counters the later visit found running on from the earlier one, so that a difference means something."""

    of_database: bool
    of_statements: bool


def counted_on(earlier: Snapshot, later: Snapshot) -> Windows:
    """By the times of the resets where the server tells them; where it does not, by whether a counter has fallen."""
    if not is_same_place(earlier.server, later.server):
        return Windows(of_database=False, of_statements=False)
    old, new = earlier.database_counters, later.database_counters
    if old is None or new is None:
        return Windows(of_database=False, of_statements=False)
    has_fallen = new.xact_commit < old.xact_commit
    calls = {statement.fingerprint: statement.calls for statement in counted(earlier.statements).statements}
    fewer = any(
        statement.calls < calls.get(statement.fingerprint, 0) for statement in counted(later.statements).statements
    )
    told = old.statements_reset is not None and new.statements_reset is not None
    return Windows(
        of_database=old.stats_reset == new.stats_reset and not has_fallen,
        of_statements=old.statements_reset == new.statements_reset if told else not fewer,
    )


def is_same_place(one: Server, other: Server) -> bool:
    """The same database of the same server, as far as they can be identified: not a copy, not after an upgrade."""
    if one.system_identifier and other.system_identifier and one.system_identifier != other.system_identifier:
        return False
    if one.database_oid and other.database_oid and one.database_oid != other.database_oid:
        return False
    return one.major == other.major


def activity(earlier: Snapshot, later: Snapshot, windows: Windows) -> tuple[Fact, ...]:
    """What the server counted between the visits."""
    facts: list[Fact] = []
    old, new = earlier.database_counters, later.database_counters
    if windows.of_statements:
        before, after = counted(earlier.statements), counted(later.statements)
        if after.calls >= before.calls:
            facts.append(Fact("calls", after.calls - before.calls))
            facts.append(Fact("time", max(after.total_ms - before.total_ms, 0), Unit.MILLISECONDS))
    if windows.of_database and old is not None and new is not None:
        for name, counters in _TOTALS:
            facts.append(Fact(name, sum(getattr(new, one) - getattr(old, one) for one in counters)))
        facts.append(Fact("temporary_files", new.temp_bytes - old.temp_bytes, Unit.BYTES))
    return tuple(fact for fact in facts if isinstance(fact.value, str) or fact.value >= 0)


def remarks(before: Checkup, after: Checkup, earlier: Snapshot | None, later: Snapshot | None) -> tuple[Remark, ...]:
    """What has to be known before the figures are read."""
    return (*_of_servers(before, after), *_of_thresholds(before, after), *_of_counters(earlier, later))


def _of_servers(before: Checkup, after: Checkup) -> Iterator[Remark]:
    one, other = before.server, after.server
    if one.version != other.version:
        yield Remark(
            text="The server was {old} at the first visit and is {new} now.",
            facts=(Fact("old", one.version, Unit.TEXT), Fact("new", other.version, Unit.TEXT)),
        )
    elif not is_same_place(one, other):
        yield Remark(text="The visits were to different servers or to a copy: their counters do not follow each other.")


def _of_sight(earlier: Snapshot, later: Snapshot) -> Iterator[Remark]:
    one, other = earlier.server, later.server
    if one.in_recovery != other.in_recovery:
        yield Remark(text="One of the visits was to a standby: it counts for itself, and has other settings.")
    if one.visitor and other.visitor and one.visitor != other.visitor:
        yield Remark(
            text="The first visit was made as {old} and the second as {new}, who may see more or less.",
            facts=(Fact("old", one.visitor, Unit.TEXT), Fact("new", other.visitor, Unit.TEXT)),
        )
    if earlier.header.redactions != later.header.redactions:
        yield Remark(text="One of the visits left out values on request: definitions were not compared.")


def _of_thresholds(before: Checkup, after: Checkup) -> Iterator[Remark]:
    if before.thresholds != after.thresholds:
        yield Remark(text="The visits were judged by different thresholds.")


def _of_counters(earlier: Snapshot | None, later: Snapshot | None) -> Iterator[Remark]:
    if earlier is None or later is None:
        yield Remark(text="Statements, sizes, settings and schema are compared where both sides are snapshots.")
        return
    yield from _of_sight(earlier, later)
    one, other = earlier.server, later.server
    if not is_same_place(one, other):
        return
    if one.started_at and other.started_at and seconds_between(one.started_at, other.started_at) > 1:
        yield Remark(text="The server was started again at {at}.", facts=(Fact("at", other.started_at, Unit.TEXT),))
    old, new = earlier.database_counters, later.database_counters
    if old is None or new is None:
        return
    windows = counted_on(earlier, later)
    if not windows.of_database:
        yield _reset(
            new.stats_reset,
            Remark(text="The counters of the database began anew at {at}: they are not compared."),
            Remark(text="The counters of the database began anew: they are not compared."),
        )
    if not windows.of_statements:
        yield _reset(
            new.statements_reset,
            Remark(
                text="The counters of statements began anew at {at}: what was counted since stands against all before."
            ),
            Remark(text="The counters of statements began anew: what was counted since stands against all before."),
        )
    elif (new.statements_dealloc or 0) > (old.statements_dealloc or 0):
        yield Remark(
            text="pg_stat_statements threw entries away between the visits: some statements were counted in part."
        )


def _reset(at: str | None, told: Remark, untold: Remark) -> Remark:
    """``told`` with its moment, or ``untold`` where that is not known."""
    return msgspec.structs.replace(told, facts=(Fact("at", at, Unit.TEXT),)) if at else untold
