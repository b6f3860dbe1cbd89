"""Far more connections are allowed than are used.

What it sees:
    max_connections of at least `many`, of which less than `used_share` are taken. It is only said: the visit sees
    one moment.

Why it matters:
    A server with a few processors works best with a few busy connections for each. A high limit lets a burst of
    clients slow down everybody before anything says stop, and takes shared memory for connections that never come.

What to do:
    Set it to what the applications' pools can reach together, with some room, at the next restart. Let a pooler
    take the bursts.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("settings", "connections")


def examine(snapshot: Snapshot, *, many: int = 500, used_share: float = 0.1) -> Iterator[Finding]:
    """The setting, when it is high without need."""
    most, counts = known(snapshot, "max_connections"), snapshot.connection_counts
    if most is None or counts is None or most < many or counts.clients >= used_share * most:
        return
    yield Finding(
        check="too_many_connections_allowed",
        severity=Severity.INFO,
        object=ObjectName("setting", "max_connections"),
        summary="{most} connections are allowed and {clients} are open.",
        advice="Lower max_connections to what the pools can reach together, at the next restart.",
        facts=(Fact("most", most), Fact("clients", counts.clients)),
    )
