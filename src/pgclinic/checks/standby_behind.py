"""This standby does not replay what it has received.

What it sees:
    Where the visited server is a standby: replay that is paused, or at least `notable_bytes` that were received
    and are not replayed. A standby that is behind on purpose (recovery_min_apply_delay) is left alone.

Why it matters:
    Queries here see old data, WAL piles up, and a switch to this server takes as long as the replay that is missing.

What to do:
    Call pg_wal_replay_resume() where replay was paused and nobody needs it any more. Otherwise see whether long queries
    hold it up (max_standby_streaming_delay), or the disk.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("standby",)


def examine(snapshot: Snapshot, *, notable_bytes: int = 256 << 20) -> Iterator[Finding]:
    """The standby, when its replay stands still or lags."""
    standby = snapshot.standby
    if standby is None or known(snapshot, "recovery_min_apply_delay"):
        return
    behind = standby.replay_behind or 0
    if not standby.is_paused and behind < notable_bytes:
        return
    yield Finding(
        check="standby_behind",
        severity=Severity.WARNING,
        object=ObjectName("server", "standby"),
        summary=(
            "Replay on this standby is paused."
            if standby.is_paused
            else "This standby has received {behind} of WAL that it has not replayed."
        ),
        advice=(
            "Call pg_wal_replay_resume() if nobody needs the pause any more."
            if standby.is_paused
            else "See whether long queries or the disk hold up replay."
        ),
        facts=(
            Fact("behind", behind, Unit.BYTES),
            *([Fact("replayed", standby.replayed_at, Unit.TEXT)] if standby.replayed_at else []),
        ),
        burden=1.0 if standby.is_paused else behind / (behind + 4 * notable_bytes),
    )
