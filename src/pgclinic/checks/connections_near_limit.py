"""The server has nearly no connection left to give.

What it sees:
    The clients of the whole server against max_connections, less what is reserved for superusers: a warning from
    `warning_share` on, critical from `critical_share` on.

Why it matters:
    When the last one is taken, every application gets "too many clients already", those that work well too. This state
    caps the grade when it is critical.

What to do:
    Put a pooler such as PgBouncer between the applications and the server, or lower the size of their own pools:
    a server works best with a few connections a processor. Raise max_connections last, it needs a restart and memory.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("connections", "settings")


def examine(snapshot: Snapshot, *, warning_share: float = 0.85, critical_share: float = 0.95) -> Iterator[Finding]:
    """The server, when its connections run out."""
    counts, most = snapshot.connection_counts, known(snapshot, "max_connections")
    if counts is None or most is None:
        return
    reserved = (known(snapshot, "superuser_reserved_connections") or 0) + (known(snapshot, "reserved_connections") or 0)
    usable = most - reserved
    if usable <= 0:
        return
    share = counts.clients / usable
    if share < warning_share:
        return
    yield Finding(
        check="connections_near_limit",
        severity=Severity.CRITICAL if share >= critical_share else Severity.WARNING,
        object=ObjectName("setting", "max_connections"),
        summary="{clients} of the {usable} connections that applications can have are taken.",
        advice="Put a pooler in between or make the applications' pools smaller.",
        facts=(
            Fact("clients", counts.clients),
            Fact("usable", usable),
            Fact("share", share, Unit.RATIO),
            *([Fact("idle", counts.idle)] if counts.idle is not None else []),
        ),
        burden=min(share, 1),
    )
