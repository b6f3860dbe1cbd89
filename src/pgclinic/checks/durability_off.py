"""The server is allowed to lose or damage data when it stops unexpectedly.

What it sees:
    The settings fsync and full_page_writes when they are off (critical), zero_damaged_pages and ignore_checksum_failure
    when they are on (a warning), and synchronous_commit when it is off for the whole server, which is only said.

Why it matters:
    After a power cut or a crash of the operating system, without fsync or full_page_writes tables and indexes are
    damaged beyond repair. Switches made to read damaged pages turn damage into missing rows, silently. Without
    synchronous_commit only the transactions of the last moments are lost, which may be meant. A critical one
    caps the grade. Aurora and Neon keep pages in storage of their own and have the first two off for good reason.

What to do:
    Switch fsync and full_page_writes on and reload the configuration; the speed lies in batches and in
    synchronous_commit instead. full_page_writes may be off only where the file system never tears pages.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.services import OWN_STORAGE
from pgclinic.model.settings import is_off, place
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import alter_system

FAMILY = "settings"
NEEDS = ("settings",)

_DANGERS = {
    "fsync": ("on", Severity.CRITICAL),
    "full_page_writes": ("on", Severity.CRITICAL),
    "zero_damaged_pages": ("off", Severity.WARNING),
    "ignore_checksum_failure": ("off", Severity.WARNING),
    "synchronous_commit": ("on", Severity.INFO),
}
"""What each should be, and how much it matters when it is not."""

_OF_LOCAL_FILES = {"fsync", "full_page_writes"}


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """The settings that endanger data, the worst first."""
    for name, (safe, severity) in _DANGERS.items():
        setting = snapshot.setting.get(name)
        if setting is None or is_off(setting) == (safe == "off"):
            continue
        if name in _OF_LOCAL_FILES and snapshot.server.service in OWN_STORAGE:
            continue
        yield Finding(
            check="durability_off",
            severity=severity,
            object=ObjectName("setting", name),
            summary=(
                "{setting} is off: the last transactions before a crash may be lost, nothing worse."
                if severity is Severity.INFO
                else "{setting} is {value}: a crash or a damaged page can cost data."
            ),
            advice=(
                "Leave it if that is meant, and set it on for transactions that must not be lost."
                if severity is Severity.INFO
                else "Set {setting} to {safe} {place}."
            ),
            facts=(
                Fact("setting", name, Unit.TEXT),
                Fact("value", setting.value, Unit.TEXT),
                Fact("safe", safe, Unit.TEXT),
                Fact("source", setting.source, Unit.TEXT),
                place(snapshot),
            ),
            remedy=None if severity is Severity.INFO else alter_system.remedy_on(snapshot, setting, safe),
        )
