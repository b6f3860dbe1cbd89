"""The pooler: whether connections are too many or too short, how many reach the server, and who keeps a session."""

from collections import Counter
from collections.abc import Iterator
from math import ceil

from pgclinic.advise.case import Case
from pgclinic.advise.parts.services import equivalent
from pgclinic.advise.settings.connections import busy_sessions, clients_allowed, connections, pool_size
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.sessions import clients
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.stack import StackPart, StackRemark, StackSetting
from pgclinic.sql.session_state import SessionUse, session_uses

_FILE = "pgbouncer"
_OWN_PROGRAMS = ("pg_dump", "pgclinic", "psql")
_WHY_NOT = {
    "unseen": "Connections could not be seen.",
    "well": "Connections are neither too many nor too short: {clients} clients are connected.",
}
_KEPT_FREE = 3
"""Connections for administrators: superuser_reserved_connections."""


def pooler(case: Case, *, cores: int | None) -> StackPart:
    """PgBouncer, in transaction mode unless statements were seen that rely on their session."""
    snapshot = case.snapshot
    prescribed = next(connections(case), None)
    counts, busy = snapshot.connection_counts, busy_sessions(snapshot)
    connected = counts.clients if counts else 0
    size = _size(snapshot, busy, cores)
    uses = _uses(snapshot)
    mode = "session" if uses else "transaction"
    lines = {
        "pool_mode": mode,
        "default_pool_size": size,
        "reserve_pool_size": max(1, size // 5),
        "reserve_pool_timeout": 3,
        "max_client_conn": clients_allowed(connected),
        "max_prepared_statements": 200 if mode == "transaction" else 0,
        "server_idle_timeout": 60,
        "query_wait_timeout": 30,
    }
    facts = prescribed.facts if prescribed else (Fact("clients", connected),)
    return StackPart(
        name="pooler",
        pays=prescribed is not None,
        reason=prescribed.reason if prescribed is not None else _WHY_NOT["unseen" if counts is None else "well"],
        facts=tuple(fact if fact.name != "pool_size" else _pool_size(size) for fact in facts),
        remarks=tuple(_remarks(snapshot, uses, size, busy, cores)),
        settings=tuple(StackSetting(file=_FILE, name=name, value=str(value)) for name, value in lines.items()),
        equivalent=equivalent(snapshot.server.service, "pooler"),
    )


def _pool_size(size: int) -> Fact:
    return Fact("pool_size", size, provenance=Provenance.ESTIMATED)


def _size(snapshot: Snapshot, busy: float | None, cores: int | None) -> int:
    """As many as the adviser says; where the cores are known no more than they can use, and never less than are busy.

    Twice the cores and one for the disk: PostgreSQL's wiki, "Number Of Database Connections".
    """
    size = pool_size(busy)
    if cores is not None:
        size = max(min(size, 2 * cores + 1), ceil(busy or 0), 2)
    limit = known(snapshot, "max_connections")
    return size if limit is None else max(1, min(size, int(limit) - _KEPT_FREE))


def _uses(snapshot: Snapshot) -> Counter[SessionUse]:
    """How many statements of applications rely on their session, by what for."""
    texts = {each.text for each in snapshot.statements if each.is_toplevel and each.calls}
    return Counter(use for text in sorted(texts) for use in sorted(session_uses(text)))


def _remarks(
    snapshot: Snapshot, uses: Counter[SessionUse], size: int, busy: float | None, cores: int | None
) -> Iterator[StackRemark]:
    for use, number in sorted(uses.items()):
        yield StackRemark(
            text="Session mode, because of {number} statements with {use}: without these it could be transaction mode.",
            facts=(Fact("number", number), Fact("use", use.value, Unit.TEXT)),
        )
    if not uses:
        yield StackRemark(
            text="Transaction mode: no statement was seen that keeps anything in its session. PgBouncer follows"
            " prepared statements from 1.21 on; before, clients must not make any."
        )
    setting = snapshot.setting.get("pg_stat_statements.track_utility")
    if setting is not None and setting.value == "off":
        yield StackRemark(
            text="SET, LISTEN and PREPARE are not counted here (pg_stat_statements.track_utility is off)."
        )
    elif not snapshot.sees("statements"):
        yield StackRemark(text="Statements could not be seen: find out first whether any relies on its session.")
    if cores is None:
        yield StackRemark(
            text="SQL does not tell the server's cores: with --cores the pool is made no larger than they can use."
        )
    elif busy is not None:
        yield StackRemark(
            text="{cores} cores use {most} connections at a time.",
            facts=(Fact("cores", cores), Fact("most", size, provenance=Provenance.ESTIMATED)),
        )
    applications = {session.application for session in clients(snapshot)} - {"", *_OWN_PROGRAMS}
    if len(applications) > 1:
        yield StackRemark(
            text="{number} applications share the database; each may have a pool of its own.",
            facts=(Fact("number", len(applications)),),
        )
