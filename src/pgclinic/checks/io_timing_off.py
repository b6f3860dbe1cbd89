"""Nobody can tell how long the server waits for its disks.

What it sees:
    The setting track_io_timing, where it is off.

Why it matters:
    With it, pg_stat_statements, EXPLAIN (BUFFERS) and pg_stat_io say how much of a statement's time is reading.
    Without it, slow storage looks the same as a bad plan.

What to do:
    Switch it on and reload the configuration. On nearly every machine it costs nothing that can be measured;
    pg_test_timing says whether yours is the exception.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import is_off, place
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("settings",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """The setting, where it is off."""
    setting = snapshot.setting.get("track_io_timing")
    if setting is None or not is_off(setting):
        return
    yield Finding(
        check="io_timing_off",
        severity=Severity.INFO,
        object=ObjectName("setting", "track_io_timing"),
        summary="track_io_timing is off: how long statements wait for the disk is not known.",
        advice="Set track_io_timing to on {place}.",
        facts=(Fact("setting", "track_io_timing", Unit.TEXT), place(snapshot)),
    )
