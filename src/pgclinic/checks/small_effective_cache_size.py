"""The planner is told that there is less cache than the server alone has.

What it sees:
    effective_cache_size below shared_buffers.

Why it matters:
    The setting reserves nothing: it says how much of the data the planner may expect in memory, in the server's and the
    operating system's cache together. Too low, it takes index scans for dearer than they are.

What to do:
    Set it to shared_buffers and what the operating system has for its cache: half to three quarters of the memory.
    How much that is cannot be seen from SQL.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import known, place
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("settings",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """The setting, when it contradicts shared_buffers."""
    expected, buffers = known(snapshot, "effective_cache_size"), known(snapshot, "shared_buffers")
    if expected is None or buffers is None or expected >= buffers:
        return
    yield Finding(
        check="small_effective_cache_size",
        severity=Severity.NOTICE,
        object=ObjectName("setting", "effective_cache_size"),
        summary="effective_cache_size is {expected}, less than shared_buffers with {buffers}.",
        advice="Set it to shared_buffers and the operating system's cache together {place}.",
        facts=(Fact("expected", expected, Unit.BYTES), Fact("buffers", buffers, Unit.BYTES), place(snapshot)),
        burden=1 - expected / buffers,
    )
