"""The read replica: whether reads are worth moving, and how far behind it may be."""

from pgclinic.advise.capacity.load import load_of
from pgclinic.advise.capacity.replica import evidence, reports_of
from pgclinic.advise.capacity.replica import replica as prescribed_replica
from pgclinic.advise.case import Case
from pgclinic.advise.parts.services import equivalent
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.sessions import seconds_since
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.stack import StackPart, StackRemark, StackSetting

_WHY_NOT = {
    "itself": "This server is a replica itself.",
    "there": "There are replicas already: {number} follow this server.",
    "unseen": "How busy the database is could not be seen.",
    "one is enough": "{busy} sessions were at work on average over {counted_for}, {read_share} of the time in reads,"
    " {reports} in long ones: too few, or counted for too short, to say that a second server would help.",
}
_OUTAGE_SECONDS = 3_600
"""How long a replica may be away and still find what it missed."""
_LEAST_KEPT, _MOST_KEPT = 1 << 30, 64 << 30


def replica(case: Case, *, lag_tolerance: float) -> StackPart:
    """A streaming replica for reads that may be ``lag_tolerance`` seconds old."""
    snapshot = case.snapshot
    load, prescribed = load_of(snapshot), next(prescribed_replica(case), None)
    why_not, facts = "one is enough", prescribed.facts if prescribed else ()
    if snapshot.server.in_recovery:
        why_not = "itself"
    elif snapshot.replicas:
        why_not, facts = "there", (Fact("number", len(snapshot.replicas)),)
    elif load is None:
        why_not = "unseen"
    elif prescribed is None:
        facts = evidence(load, reports_of(snapshot))
    kept = _kept_wal(snapshot)
    return StackPart(
        name="replica",
        pays=prescribed is not None,
        reason=prescribed.reason if prescribed is not None else _WHY_NOT[why_not],
        facts=facts,
        remarks=(
            StackRemark(
                text="A replica further behind than {tolerance} is passed over, and the primary asked.",
                facts=(Fact("tolerance", lag_tolerance, Unit.SECONDS, Provenance.ESTIMATED),),
            ),
            StackRemark(
                text="A replica that is away holds back {kept} of WAL at most; after that it is made anew.",
                facts=(Fact("kept", kept, Unit.BYTES, Provenance.ESTIMATED),),
            ),
        ),
        settings=(
            *(StackSetting(file="primary", name=name, value=value) for name, value in _primary(snapshot, kept)),
            *(StackSetting(file="replica", name=name, value=value) for name, value in _replica(lag_tolerance)),
            StackSetting(file="application", name="max_lag_seconds", value=f"{lag_tolerance:g}"),
        ),
        equivalent=equivalent(snapshot.server.service, "replica"),
    )


def _primary(snapshot: Snapshot, kept: int) -> list[tuple[str, str]]:
    level = snapshot.setting.get("wal_level")
    return [
        ("wal_level", "logical" if level is not None and level.value == "logical" else "replica"),
        ("max_wal_senders", "10"),
        ("max_replication_slots", "10"),
        ("max_slot_wal_keep_size", f"{kept >> 20}MB"),
    ]


def _replica(lag_tolerance: float) -> list[tuple[str, str]]:
    """A report there may hold back what it reads, and no longer than the tolerance what others wait for.

    With feedback the primary keeps the row versions that the replica still reads: otherwise vacuum cancels its reads.
    """
    return [
        ("hot_standby", "on"),
        ("hot_standby_feedback", "on"),
        ("max_standby_streaming_delay", f"{max(1, round(lag_tolerance))}s"),
        ("wal_receiver_status_interval", "1s"),
    ]


def _kept_wal(snapshot: Snapshot) -> int:
    """Bytes of WAL that are written in an outage, within reason, in whole MB."""
    counters = snapshot.wal_counters
    seconds = seconds_since(snapshot, counters.stats_reset) if counters else 0.0
    if counters is None or not seconds:
        return _LEAST_KEPT
    written = counters.bytes / seconds * _OUTAGE_SECONDS
    return int(min(max(written, _LEAST_KEPT), _MOST_KEPT)) >> 20 << 20
