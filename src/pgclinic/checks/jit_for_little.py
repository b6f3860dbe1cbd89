"""Statements are compiled for longer than compiling can save.

What it sees:
    From server 15 on: just-in-time compilation took at least `notable_share` of all time, and at least `min_ms`,
    and of each statement named it took at least `own_share` of its time.

Why it matters:
    The planner decides by estimated cost, and compiles for each call anew. For statements of some milliseconds, or with
    hundreds of partitions, compiling takes longer than running. Server 19 has it off by default.

What to do:
    Set jit to off for the role or database, or raise jit_above_cost so that only reports of seconds are compiled.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import is_off, place
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import alter_system

FAMILY = "settings"
NEEDS = ("settings", "statements")


def examine(
    snapshot: Snapshot, *, notable_share: float = 0.1, own_share: float = 0.3, min_ms: float = 1_000
) -> Iterator[Finding]:
    """The setting, when it costs more than it gives."""
    setting = snapshot.setting.get("jit")
    if setting is None or is_off(setting):
        return
    total = sum(statement.total_ms for statement in snapshot.statements if statement.is_toplevel)
    wasted = [one for one in snapshot.statements if one.is_toplevel and one.jit_ms >= own_share * one.total_ms > 0]
    compiled = sum(statement.jit_ms for statement in wasted)
    if compiled < max(min_ms, notable_share * total):
        return
    yield Finding(
        check="jit_for_little",
        severity=Severity.NOTICE,
        object=ObjectName("setting", "jit"),
        summary="Statements spent {compiled} on being compiled, {share} of all time.",
        advice="Set jit to off {place}, or raise jit_above_cost.",
        facts=(
            Fact("statements", len(wasted)),
            Fact("compiled", compiled, Unit.MILLISECONDS),
            Fact("share", compiled / total, Unit.RATIO),
            Fact("calls", sum(statement.calls for statement in wasted)),
            place(snapshot),
        ),
        burden=min(compiled / total, 1),
        remedy=alter_system.remedy_on(snapshot, setting, "off"),
    )
