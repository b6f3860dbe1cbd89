"""Pages carry no checksums, so damage on disk goes unnoticed.

What it sees:
    The setting data_checksums, where it is off. Aurora and Neon check pages in storage of their own.

Why it matters:
    A page that a disk or a controller changed is then returned as if it were right, and copied into backups and
    replicas. Checksums cost a few per cent at most; servers initialised with version 18 or newer have them.

What to do:
    Stop the server cleanly, run pg_checksums --enable, which reads and writes every page, and start it again. With
    replicas, do them one by one and switch over.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.services import OWN_STORAGE
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("settings",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """The setting, where it is off."""
    setting = snapshot.setting.get("data_checksums")
    if setting is None or setting.value != "off" or snapshot.server.service in OWN_STORAGE:
        return
    yield Finding(
        check="checksums_off",
        severity=Severity.INFO,
        object=ObjectName("setting", "data_checksums"),
        summary="Pages carry no checksums: damage on disk goes unnoticed.",
        advice="Run pg_checksums --enable while the server is stopped, at the next opportunity.",
        facts=(Fact("setting", "data_checksums", Unit.TEXT),),
    )
