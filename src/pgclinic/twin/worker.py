"""One database of the twin with its sessions: plans are made here, and nowhere else."""

from collections.abc import Callable, Sequence
from typing import Self, TypeVar

import msgspec
import psycopg

from pgclinic.instance import Instance
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.plan import Plan, Refusal
from pgclinic.model.snapshot import Snapshot
from pgclinic.twin.cluster import BUILDER, Accounts
from pgclinic.twin.explain import read_plan
from pgclinic.twin.guard import Guard
from pgclinic.twin.rebuild import Rebuilt, rebuild
from pgclinic.twin.session import Session
from pgclinic.twin.shapes import Shapes
from pgclinic.twin.visibility import Visibility
from pgclinic.twin.whatif import MadeIndex, Workshop

MOST_SESSIONS = 8
"""Of a worker at once: one a role, the longest unused is closed for a new one."""

Answer = TypeVar("Answer")
Connection = psycopg.Connection[tuple[object, ...]]


class Worker:
    """Answers one question at a time, through sessions that are replaced when they break.

    ``plans_made`` counts what the planner was asked; ``made`` holds, by number, the bytes of each index that was asked
    for (partitions' together), or why it could not be.
    """

    def __init__(
        self,
        instance: Instance,
        snapshot: Snapshot,
        relations: frozenset[int],
        accounts: Accounts,
        shapes: Shapes,
        name: str,
    ) -> None:
        self.plans_made = 0
        self.made: dict[int, int | Refusal] = {}
        self._instance = instance
        self._accounts = accounts
        self._guard = Guard(instance.conninfo(), name)
        try:
            self.database: Rebuilt = rebuild(instance, snapshot, relations, self._guard, accounts, name)
            self._connection: Connection = _connected(instance, name)
        except BaseException:
            self._guard.stop()
            raise
        self._workshop = Workshop(self._superuser, self._run, self._ask, snapshot, self.database, shapes)
        self._visibility = Visibility(self._superuser, _existing_indexes(snapshot, self.database))
        self._sessions: dict[str, Session] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sessions. Safe to call twice."""
        self._guard.stop()
        for session in self._sessions.values():
            session.close()
        self._connection.close()

    def demand_alive(self) -> None:
        """Raise psycopg.OperationalError when the server is gone."""
        self._superuser().execute("select 1")

    def add(self, definitions: Sequence[tuple[int, IndexDefinition]]) -> None:
        """Make indexes under these numbers, hidden."""
        try:
            made = self._workshop.make(definitions)
        except (psycopg.Error, OSError) as error:
            made = {number: Refusal(first_line(error)) for number, _ in definitions}
        for number, answer in made.items():
            self.made[number] = answer.bytes if isinstance(answer, MadeIndex) else answer
            self._visibility.know(number, answer.oids if isinstance(answer, MadeIndex) else ())

    def plan(
        self,
        script: str,
        role: str,
        visible: frozenset[int],
        hidden: frozenset[str],
        soon: frozenset[int] = frozenset(),
    ) -> Plan | Refusal:
        """The plan that a script answers with when just these indexes are visible and these existing ones not.

        ``soon`` are the indexes that the next plans need, where that is known.
        """
        try:
            self._show(visible, hidden, soon)
        except psycopg.Error as error:
            return Refusal(first_line(error))
        role = role if role in self._accounts.roles else BUILDER
        answer = self._explain(role, script)
        if isinstance(answer, Refusal) and role != BUILDER and "permission denied" in answer.reason:
            answer = self._explain(BUILDER, script)
        return answer

    def ask(self, script: str) -> bytes | None:
        """The one value of a script that runs as the builder; None where it is refused."""
        try:
            return self._ask(script)
        except (psycopg.Error, ValueError):
            return None

    def _explain(self, role: str, script: str) -> Plan | Refusal:
        self.plans_made += 1
        try:
            return read_plan(self._through(role, lambda session: session.ask(script)))
        except (psycopg.Error, ValueError) as error:
            return Refusal(first_line(error))
        except (msgspec.DecodeError, RecursionError) as error:
            return Refusal(f"the plan could not be read: {error}")

    def _show(self, visible: frozenset[int], hidden: frozenset[str], soon: frozenset[int]) -> None:
        try:
            self._visibility.show(visible, hidden, soon)
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
            self._visibility.show(visible, hidden, soon)  # through a new connection

    def _through(self, role: str, ask: Callable[[Session], Answer]) -> Answer:
        """What a session of the role answers; asked again when it broke and it was not the guard who ended it."""
        kills = self._guard.kills
        session = self._session(role)
        with self._guard:
            try:
                return ask(session)
            except psycopg.OperationalError:
                if not session.is_broken or self._guard.kills != kills:
                    raise
            return ask(self._session(role))

    def _run(self, statement: str) -> None:
        self._through(BUILDER, lambda session: session.run(statement))

    def _ask(self, script: str) -> bytes:
        return self._through(BUILDER, lambda session: session.ask(script))

    def _session(self, role: str) -> Session:
        session = self._sessions.pop(role, None)
        if session is None or session.is_broken:
            if session is not None:
                session.close()
            while len(self._sessions) >= MOST_SESSIONS:
                self._sessions.pop(next(iter(self._sessions))).close()
            session = Session.open(self._instance.conninfo(self.database.name, role, self._accounts.password))
        self._sessions[role] = session
        return session

    def _superuser(self) -> Connection:
        if self._connection.closed:
            self._connection = _connected(self._instance, self.database.name)
        return self._connection


def _connected(instance: Instance, database: str) -> Connection:
    return psycopg.connect(instance.conninfo(database), autocommit=True, client_encoding="utf8")


def _existing_indexes(snapshot: Snapshot, database: Rebuilt) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for index in snapshot.indexes:
        if index.oid in database.oids:
            found[index.name] = (*found.get(index.name, ()), database.oids[index.oid])
    return found


def first_line(error: Exception) -> str:
    """What went wrong, without PostgreSQL's hints and positions."""
    return str(error).strip().partition("\n")[0]
