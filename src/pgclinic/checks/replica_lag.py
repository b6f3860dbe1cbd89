"""A replica is far behind.

What it sees:
    Receivers of this server's WAL that report what they have replayed and are at least `notable_bytes` behind, or took
    at least `notable_seconds` to replay the newest change; a warning from `heavy_bytes` or `heavy_seconds` on. Backups
    and archivers do not replay and are left out.

Why it matters:
    Who reads from the replica sees old data, and what has not arrived is lost when this server is. A
    synchronous replica slows down every commit.

What to do:
    See whether the network, the replica's disk, or its single replay process is the limit; long queries on
    the replica stop replay for up to max_standby_streaming_delay. For a logical subscriber see its indexes: each
    update or delete searches the row.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("replicas",)


def examine(
    snapshot: Snapshot,
    *,
    notable_bytes: int = 256 << 20,
    heavy_bytes: int = 4 << 30,
    notable_seconds: float = 60,
    heavy_seconds: float = 600,
) -> Iterator[Finding]:
    """Receivers that lag, in the order of their names."""
    for replica in snapshot.replicas:
        behind, lag = replica.replay_behind, replica.replay_lag_s or 0.0
        if behind is None or replica.state == "backup" or (behind < notable_bytes and lag < notable_seconds):
            continue
        is_heavy = behind >= heavy_bytes or lag >= heavy_seconds
        yield Finding(
            check="replica_lag",
            severity=Severity.WARNING if is_heavy else Severity.NOTICE,
            object=ObjectName("replica", replica.application or replica.slot or str(replica.pid)),
            summary="The replica {replica} is {behind} of WAL behind.",
            advice="See whether the network, the replica's disk or long queries on it hold {replica} back.",
            facts=(
                Fact("replica", replica.application or replica.slot or str(replica.pid), Unit.TEXT),
                Fact("state", replica.state, Unit.TEXT),
                Fact("behind", behind, Unit.BYTES),
                *([Fact("not_sent", replica.sent_behind, Unit.BYTES)] if replica.sent_behind is not None else []),
                *([Fact("replay_lag", lag, Unit.SECONDS)] if lag else []),
            ),
            burden=max(behind / (behind + heavy_bytes), lag / (lag + heavy_seconds), 0.01),
        )
