"""Commits wait for standbys of which too few are connected.

What it sees:
    The setting synchronous_standby_names, when it asks for more standbys than are connected and synchronous just now.
    Critical where commits wait by default (synchronous_commit is on, remote_write or remote_apply), else a notice.
    A standby commits nothing, so there it is left alone.

Why it matters:
    Every transaction that writes hangs at its COMMIT until a standby comes back, and applications run out of
    connections. This state caps the grade when it is critical.

What to do:
    Bring the standby back. If that takes long, lower the number in synchronous_standby_names or take the name out and
    reload the configuration: those who wait go on at once. Name one more standby than is needed.
"""

import re
from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("settings", "replicas")

_NUMBER = re.compile(r"\s*(?:(?:first|any)\s+)?(\d+)\s*\(", re.IGNORECASE)
"""The beginning of ``FIRST 2 (a, b)``, ``ANY 2 (…)`` and ``2 (…)``; a plain list asks for one (syncrep_gram.y)."""

_WAITING = {"on", "remote_write", "remote_apply"}


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """The setting, when it asks for what is not there."""
    names = snapshot.setting.get("synchronous_standby_names")
    if names is None or not names.value.strip() or snapshot.server.in_recovery:
        return
    number = _NUMBER.match(names.value)
    wanted = int(number[1]) if number else 1
    there = sum(replica.sync_state in {"sync", "quorum"} for replica in snapshot.replicas)
    if there >= wanted:
        return
    commit = snapshot.setting.get("synchronous_commit")
    waits = commit is None or commit.value in _WAITING
    yield Finding(
        check="synchronous_standby_missing",
        severity=Severity.CRITICAL if waits else Severity.NOTICE,
        object=ObjectName("setting", "synchronous_standby_names"),
        summary=(
            "Every commit waits: {wanted} synchronous standbys are asked for and {there} are connected."
            if waits
            else "{wanted} synchronous standbys are asked for and {there} are connected."
        ),
        advice="Bring the standby back, or change synchronous_standby_names ({names}) and reload.",
        facts=(Fact("wanted", wanted), Fact("there", there), Fact("names", names.value, Unit.TEXT)),
    )
