"""The twin as a Planner: one private server, one database a worker, plans through ordinary roles only."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

import psycopg

from pgclinic.instance import Binaries, Instance, binaries_for, start
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.plan import Asked, Plan, Question, Refusal, WhatIfIndex
from pgclinic.model.snapshot import Snapshot
from pgclinic.twin import cluster
from pgclinic.twin.ends import Ends
from pgclinic.twin.question import script_of
from pgclinic.twin.shapes import Shapes
from pgclinic.twin.worker import MOST_SESSIONS, Worker, first_line

# Not wal_level = minimal: an index made in the transaction that made its table would then leave its metapage in
# shared buffers, where what is written into the file is never seen.
_SETTINGS = {
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_locks_per_transaction": "1024",
    "temp_file_limit": "65536",
    "track_activities": "on",
    "log_statement": "none",
    "jit": "off",
}
_SPARE_CONNECTIONS = 20
_PLANS_WORTH_A_RELATION = 10
"""Making a relation takes a worker about as long as so many plans: for fewer, another worker is not worth while."""

_AT_A_TIME = 16
"""Questions that a worker takes from a batch: many, so that neighbours share indexes; few, so that all end at once."""

Answer = TypeVar("Answer")


class Twin:
    """A private server rebuilt from a snapshot. Use as a context manager; implements Planner.

    ``relations`` are the oids to build (all of the snapshot's when None), ``binaries`` the PostgreSQL to plan with
    (the one nearest to the source's major version when None). ``workers`` databases plan at most, each on a core of
    its own; the first is there at once, the others are made meanwhile when there is work for them. Answers are the
    same whatever their number. ``omissions`` names what could not be rebuilt.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        relations: frozenset[int] | None = None,
        binaries: Binaries | None = None,
        workers: int | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._binaries = binaries or binaries_for(snapshot.server.major)
        self._relations = frozenset(each.oid for each in snapshot.relations) if relations is None else relations
        self._most_workers = max(1, workers or os.cpu_count() or 1)
        connections = _SPARE_CONNECTIONS + self._most_workers * (MOST_SESSIONS + 3)
        self._instance: Instance = start(self._binaries, settings={**_SETTINGS, "max_connections": str(connections)})
        self._threads = ThreadPoolExecutor(self._most_workers, "pgclinic-twin")
        self._shapes = Shapes(snapshot)
        self._workers: list[Worker] = []
        self._recruits: list[Future[Worker]] = []
        self._has_recruited = False
        self._plans_of_the_dismissed = 0
        self._definitions: list[tuple[int, IndexDefinition]] = []
        self._made: dict[int, int | Refusal] = {}
        self._scripts: dict[Question, str | Refusal] = {}
        try:
            with psycopg.connect(self._instance.conninfo(), autocommit=True) as superuser:
                self._accounts = cluster.create_roles(superuser, snapshot)
            self._workers.append(self._worker(1))
            self._ends = Ends(snapshot, self._workers[0].ask)
        except BaseException:
            self.close()
            raise

    @property
    def planned_by(self) -> str:
        """``PostgreSQL 15.20 for a 15.20 server``; "its own major version" is what makes costs equal."""
        source = self._snapshot.server.version.partition(" ")[0]
        return f"PostgreSQL {self._binaries.version} for a {source} server"

    @property
    def plans_made(self) -> int:
        """How many times a planner was asked."""
        return self._plans_of_the_dismissed + sum(worker.plans_made for worker in self._workers)

    @property
    def omissions(self) -> tuple[str, ...]:
        """What of the snapshot is not on the twin."""
        return self._workers[0].database.omissions

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and remove it. Safe to call twice."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._instance.stop()  # whatever is under way ends with it
        self._threads.shutdown(wait=True)
        recruits = [each.result() for each in self._recruits if not each.cancelled() and each.exception() is None]
        for worker in (*self._workers, *recruits):
            worker.close()

    def demand_alive(self) -> None:
        """Raise psycopg.OperationalError when the server is gone, so that its refusals are not taken for answers."""
        self._workers[0].demand_alive()

    def add(self, definition: IndexDefinition) -> WhatIfIndex | Refusal:
        """Make an index that plans may use, or say why it cannot be."""
        (answer,) = self.add_all((definition,))
        return answer

    def add_all(self, definitions: Sequence[IndexDefinition]) -> tuple[WhatIfIndex | Refusal, ...]:
        """Make real, empty indexes on emptied tables, and give them the size that they would have."""
        numbered = list(enumerate(definitions, len(self._definitions) + 1))
        self._definitions += numbered
        self._each(self._workers, self._bring_up_to_date)
        self._made |= {number: self._workers[0].made[number] for number, _ in numbered}
        self._dismiss_those_who_differ()
        return tuple(_whatif(number, definition, self._made[number]) for number, definition in numbered)

    def plan(
        self, question: Question, *, visible: frozenset[int] = frozenset(), hidden: frozenset[str] = frozenset()
    ) -> Plan | Refusal:
        """Plan a statement as of the snapshot's clock."""
        return self._answer(self._workers[0], Asked(question, visible, hidden))

    def plan_all(self, asked: Sequence[Asked]) -> tuple[Plan | Refusal, ...]:
        """Plan many questions on every core; an answer for each, in order."""
        self._recruit(len(asked))
        self._welcome_recruits()
        for each in asked:
            self._script(each.question)
        order = sorted(range(len(asked)), key=lambda position: _likeness(asked[position]))
        portions = iter([order[start : start + _AT_A_TIME] for start in range(0, len(order), _AT_A_TIME)])
        answers: dict[int, Plan | Refusal] = {}

        def work(worker: Worker) -> None:
            for portion in portions:
                soon = frozenset[int]().union(*(asked[position].visible for position in portion))
                for position in portion:
                    answers[position] = self._answer(worker, asked[position], soon)

        self._each(self._workers if len(asked) > _AT_A_TIME else self._workers[:1], work)
        return tuple(answers[position] for position in range(len(asked)))

    def unknown_ends(self, question: Question) -> frozenset[str]:
        """``schema.table.column`` of each range predicate near an end of its column that the snapshot does not know.

        A server that has rows, and an index that begins with the column, may plan such a question otherwise.
        """
        plan = self.plan(question)
        return self._ends.unknown_in(plan.root) if isinstance(plan, Plan) else frozenset()

    def _answer(self, worker: Worker, asked: Asked, soon: frozenset[int] = frozenset()) -> Plan | Refusal:
        script = self._script(asked.question)
        if isinstance(script, Refusal):
            return script
        return worker.plan(script, asked.question.role, asked.visible, asked.hidden, soon)

    def _script(self, question: Question) -> str | Refusal:
        if question not in self._scripts:
            try:
                self._scripts[question] = script_of(question, self._binaries.major)
            except ValueError as error:
                self._scripts[question] = Refusal(first_line(error))
        return self._scripts[question]

    def _each(self, workers: Sequence[Worker], work: Callable[[Worker], Answer]) -> list[Answer]:
        """What each worker answers, all at the same time."""
        if len(workers) > 1:
            return list(self._threads.map(work, workers))
        return [work(worker) for worker in workers]

    def _worker(self, number: int) -> Worker:
        return Worker(self._instance, self._snapshot, self._relations, self._accounts, self._shapes, f"twin{number}")

    def _recruit(self, plans: int) -> None:
        """Have the other workers made while the first is at work, once they are worth it."""
        if self._has_recruited or self.plans_made + plans < _PLANS_WORTH_A_RELATION * len(self._relations):
            return
        self._has_recruited = True
        for number in range(2, self._most_workers + 1):
            self._recruits.append(self._threads.submit(self._recruited, number))

    def _recruited(self, number: int) -> Worker:
        worker = self._worker(number)
        self._bring_up_to_date(worker)
        return worker

    def _welcome_recruits(self) -> None:
        ready = [each for each in self._recruits if each.done()]
        if not ready:
            return
        self._recruits = [each for each in self._recruits if each not in ready]
        recruits = [each.result() for each in ready if not isinstance(each.exception(), psycopg.Error)]
        self._each(recruits, self._bring_up_to_date)
        self._workers += recruits
        self._dismiss_those_who_differ()

    def _bring_up_to_date(self, worker: Worker) -> None:
        """Let a worker make the indexes that were asked for since it last did."""
        worker.add(self._definitions[len(worker.made) :])

    def _dismiss_those_who_differ(self) -> None:
        """A worker that could not make what others made would answer otherwise than they do."""
        for worker in [each for each in self._workers[1:] if each.made != self._made]:
            self._workers.remove(worker)
            self._plans_of_the_dismissed += worker.plans_made
            worker.close()


def _whatif(number: int, definition: IndexDefinition, answer: int | Refusal) -> WhatIfIndex | Refusal:
    return answer if isinstance(answer, Refusal) else WhatIfIndex(id=number, definition=definition, bytes=answer)


def _likeness(asked: Asked) -> tuple[str, list[str], list[int], str]:
    """Questions next to each other in this order need the same indexes awake, and differ in few visible ones."""
    return asked.question.sql, sorted(asked.hidden), sorted(asked.visible), asked.question.role
