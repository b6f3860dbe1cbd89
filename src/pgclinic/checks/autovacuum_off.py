"""Autovacuum is switched off for the whole server.

What it sees:
    The settings autovacuum and track_counts: without either, autovacuum does not run.

Why it matters:
    Dead rows pile up in every table, statistics grow old so that plans go wrong, and in the end PostgreSQL must
    stop writing to protect itself against transaction id wraparound. This state caps the grade.

What to do:
    Switch both on; the server only needs to reload its configuration. Where autovacuum gets in the way of one table,
    set that table's own parameters.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import place
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import alter_system

FAMILY = "storage"
NEEDS = ("settings",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """The setting that keeps autovacuum from running."""
    for name in ("autovacuum", "track_counts"):
        setting = snapshot.setting.get(name)
        if setting is None or setting.value != "off":
            continue
        yield Finding(
            check="autovacuum_off",
            severity=Severity.CRITICAL,
            object=ObjectName("setting", name),
            summary="{setting} is off: no table of this server is vacuumed or analysed by itself.",
            advice="Set {setting} to on {place}.",
            facts=(Fact("setting", name, Unit.TEXT), Fact("source", setting.source, Unit.TEXT), place(snapshot)),
            remedy=alter_system.remedy_on(snapshot, setting, "on"),
        )
