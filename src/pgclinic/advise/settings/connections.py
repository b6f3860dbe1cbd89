"""A pooler where connections are too many or too short, with as many to the server as are busy."""

from collections.abc import Iterator
from math import ceil

from msgspec.structs import replace

from pgclinic.advise.case import Case
from pgclinic.advise.prescribed import prescribed
from pgclinic.model.evidence import Fact, Provenance
from pgclinic.model.finding import Severity
from pgclinic.model.prescription import ApplicationChange, CodeExample, Hazard, Prescription, Remedy, Risk, When
from pgclinic.model.sessions import counted_seconds
from pgclinic.model.snapshot import Snapshot

_PEAK = 4
"""Sessions busy at a peak for one that is busy on average."""
_FEWEST = 10


def connections(case: Case) -> Iterator[Prescription]:
    """One pooler for all that was found of connections."""
    found = [
        finding
        for finding in case.findings_of("connections_near_limit", "no_pooler")
        if finding.severity > Severity.INFO
    ]
    if not found:
        return
    snapshot = case.snapshot
    busy = busy_sessions(snapshot)
    size = pool_size(busy)
    counts = snapshot.connection_counts
    clients = counts.clients if counts else 0
    facts = [Fact("clients", clients), Fact("pool_size", size, provenance=Provenance.ESTIMATED)]
    facts += [] if busy is None else [Fact("busy", busy)]
    item = prescribed(
        Remedy(kind="settings", do=()),
        found[0].object,
        reason=(
            "{clients} clients are connected and {busy} sessions are busy on average: a pooler serves them with"
            " {pool_size} connections."
            if busy is not None
            else "{clients} clients are connected: a pooler serves them with {pool_size} connections."
        ),
        facts=tuple(facts),
        cures=tuple(finding.fingerprint for finding in found),
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )
    yield replace(item, hazards=(Hazard.CHANGES_APPLICATION,), application=_pooler(snapshot, size, clients))


def pool_size(busy: float | None) -> int:
    """Connections to the server for so many sessions busy on average, or for who knows how many."""
    return max(_FEWEST, ceil(_PEAK * busy)) if busy is not None else 2 * _FEWEST


def clients_allowed(clients: int) -> int:
    """How many clients the pooler takes where so many were connected."""
    return max(1_000, 2 * clients)


def busy_sessions(snapshot: Snapshot) -> float | None:
    """Sessions of this database that are at work at a time, over as long as was counted."""
    counts, seconds = snapshot.connection_counts, counted_seconds(snapshot)
    if counts is None or counts.busy_ms is None or not seconds:
        return None
    return counts.busy_ms / 1000 / seconds


def _pooler(snapshot: Snapshot, size: int, clients: int) -> ApplicationChange:
    configuration = "\n".join(
        (
            "[databases]",
            f"{snapshot.server.database} = host=SERVER port=5432",
            "",
            "[pgbouncer]",
            "pool_mode = transaction",
            f"default_pool_size = {size}",
            f"max_client_conn = {clients_allowed(clients)}",
            "max_prepared_statements = 200",
            "server_idle_timeout = 60",
        )
    )
    return ApplicationChange(
        summary=(
            "Connect through the pooler; in transaction mode nothing that outlives a transaction may be kept in a"
            " session (SET, LISTEN, advisory locks, temporary tables)."
        ),
        examples=(CodeExample("PgBouncer", configuration),),
    )
