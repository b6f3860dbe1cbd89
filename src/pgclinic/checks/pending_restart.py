"""A setting was changed in a file and waits for a restart.

What it sees:
    Settings whose value in the configuration files is another than the one in force, because only a restart
    makes it count.

Why it matters:
    Whoever changed it may believe that it is in force. And the next restart, be it years later in the middle of
    the night, brings it with it; a wrong one keeps the server from starting.

What to do:
    Restart at the next opportunity, or take the change back.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("settings",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Settings that wait, in the order of their names."""
    for setting in snapshot.settings:
        if not setting.pending_restart:
            continue
        yield Finding(
            check="pending_restart",
            severity=Severity.INFO,
            object=ObjectName("setting", setting.name),
            summary="{setting} was changed in a file; {value} is still in force until the server is restarted.",
            advice="Restart at the next opportunity, or take the change back.",
            facts=(Fact("setting", setting.name, Unit.TEXT), Fact("value", setting.value, Unit.TEXT)),
        )
