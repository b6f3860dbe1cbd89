"""Thousands of targets, shared by workers on several machines through Procrastinate's queue in the history store.

A job is a shift: one worker watches one target for some minutes, and puts the next shift into the queue as it begins.
The queue's ``lock`` keeps two shifts of one target from running at once, its ``queueing_lock`` keeps two from waiting.
A periodic task puts in what is missing, and gives the jobs of workers without a heartbeat to others. What one shift
saw last is handed to the next through the store, so that nothing between them is lost, whatever ended it.
See https://procrastinate.readthedocs.io/.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import time

import msgspec
import procrastinate
import psycopg
import sqlalchemy as sa
from procrastinate import exceptions
from psycopg.conninfo import conninfo_to_dict

from pgclinic.model.errors import UserError
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.listener import Listener
from pgclinic.watch.looks import INTERVAL_SECONDS
from pgclinic.watch.loop import Loop
from pgclinic.watch.schema import FLEET
from pgclinic.watch.source import ServerSource, Source
from pgclinic.watch.upkeep import Retention
from pgclinic.watch.watcher import Watcher

SHIFT_SECONDS = 300.0
_QUEUE = "pgclinic"
_HEARTBEAT_SECONDS = 5.0
_STALLED_SECONDS = 20.0
_LEASE_SECONDS = 35.0
_SOONEST_SECONDS = 5
"""Before the next shift of a target may begin: one that fails at once is not tried again at once."""
_MISSING_SECONDS = 60
"""Between two looks for targets that have no shift at all."""
_UPKEEP = "* * * * * */10"
"""Every ten seconds: a worker that was killed is missed within half a minute."""
_SCHEMA_LOCK = "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pgclinic fleet'))"
_HAS_SCHEMA = "select pg_catalog.to_regclass('procrastinate_jobs') is not null"


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker works: seconds of a shift and between looks, and how many targets it watches at once."""

    shift_seconds: float = SHIFT_SECONDS
    interval: float = INTERVAL_SECONDS
    at_once: int = 200
    poll_seconds: float = 5.0


def register(history: History, targets: Sequence[tuple[str, str]]) -> None:
    """Add targets, by name and conninfo, to those that the fleet watches.

    Every worker connects by it: passwords belong into each worker's password file or service file. Raises UserError
    for a conninfo that holds one.
    """
    for name, conninfo in targets:
        if conninfo_to_dict(conninfo).get("password"):
            raise UserError(
                f"{name}: a fleet's targets are kept in the store, where passwords do not belong; give the target "
                "without one, and put it into ~/.pgpass of every worker."
            )
    with history.writing() as connection:
        for name, conninfo in targets:
            connection.execute(sa.delete(FLEET).where(FLEET.c.name == name))
            connection.execute(sa.insert(FLEET).values(name=name, conninfo=conninfo))


def registered(history: History) -> dict[str, str]:
    """Conninfos of the fleet's targets, by name."""
    return {row.name: row.conninfo for row in history.rows(sa.select(FLEET).order_by(FLEET.c.name))}


def prepare_queue(conninfo: str) -> None:
    """Make Procrastinate's tables in the store where there are none. Raises psycopg.Error."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(_SCHEMA_LOCK)
        (is_there,) = connection.execute(_HAS_SCHEMA).fetchone() or (False,)
        if not is_there:
            connection.execute(procrastinate.schema.SchemaManager.get_schema())


def queue_conninfo(history: History) -> str:
    """How Procrastinate connects to the store. Raises UserError for a store that is no PostgreSQL."""
    url = history.engine.url
    if url.get_backend_name() != "postgresql":
        raise UserError("fleet needs PostgreSQL as its store; give --store postgresql://user@host/database.")
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


class Fleet:
    """One worker of the fleet. ``source`` makes what is looked at of a conninfo."""

    def __init__(
        self,
        history: History,
        *,
        pace: Pace | None = None,
        retention: Retention | None = None,
        listeners: Sequence[Listener] = (),
        source: Callable[[str], Source] = ServerSource,
        examine: Callable[[str, str], object] | None = None,
        checkup_at: time | None = None,
    ) -> None:
        """``examine`` is called with name and conninfo of each target once a day, at that hour in UTC."""
        self.pace = pace or Pace()
        self.shifts = 0
        self._history = history
        self._source = source
        self._missing_sought = False
        self._examine = examine
        self._checkup_at = checkup_at
        self._clock = SystemClock()
        self.keeper = Keeper(history, self._clock, lease_seconds=_LEASE_SECONDS, retention=retention)
        self.loop = Loop([], self.keeper, self._clock, listeners=listeners)
        self._conninfo = queue_conninfo(history)
        self.app = self._application()

    def run(self, is_over: threading.Event) -> None:
        """Work until told to end; the shifts under way end at once, and others take over."""
        prepare_queue(self._conninfo)
        with self.loop:
            thread = threading.Thread(target=self.loop.run, name="pgclinic-watch")
            thread.start()
            try:
                asyncio.run(self._work(is_over))
            finally:
                self.loop.stop()
                thread.join()

    async def _work(self, is_over: threading.Event) -> None:
        async with self.app.open_async():
            worker = asyncio.create_task(
                self.app.run_worker_async(
                    queues=[_QUEUE],
                    concurrency=self.pace.at_once + 2,
                    fetch_job_polling_interval=self.pace.poll_seconds,
                    update_heartbeat_interval=_HEARTBEAT_SECONDS,
                    stalled_worker_timeout=_STALLED_SECONDS,
                    shutdown_graceful_timeout=_STALLED_SECONDS,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                )
            )
            ending = asyncio.create_task(asyncio.to_thread(is_over.wait))
            await asyncio.wait({worker, ending}, return_when=asyncio.FIRST_COMPLETED)
            is_over.set()
            worker.cancel()  # Procrastinate's own way to end a worker in order: jobs under way are waited for
            await asyncio.to_thread(self.loop.end_shifts)
            await asyncio.gather(worker, return_exceptions=True)
            await ending

    def _application(self) -> procrastinate.App:
        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=self._conninfo, min_size=1, max_size=4)
        )

        @app.task(name="pgclinic.shift", queue=_QUEUE)
        async def shift(name: str) -> None:
            await self._shift(name)

        @app.periodic(cron=_UPKEEP)
        @app.task(
            name="pgclinic.upkeep",
            queue=_QUEUE,
            queueing_lock="pgclinic.upkeep",
            retry=procrastinate.RetryStrategy(max_attempts=3),
        )
        async def upkeep(timestamp: int) -> None:
            await self._upkeep(timestamp)

        @app.task(name="pgclinic.night", queue=_QUEUE, retry=procrastinate.RetryStrategy(max_attempts=3, wait=600))
        async def night(name: str) -> None:
            conninfo = (await asyncio.to_thread(registered, self._history)).get(name)
            if conninfo is not None and self._examine is not None:
                await asyncio.to_thread(self._examine, name, conninfo)

        if self._checkup_at is not None:

            @app.periodic(cron=f"{self._checkup_at.minute} {self._checkup_at.hour} * * *")
            @app.task(name="pgclinic.nights", queue=_QUEUE)
            async def nights(timestamp: int) -> None:  # noqa: ARG001 - given to every periodic task
                for name in await asyncio.to_thread(registered, self._history):
                    await self._defer("pgclinic.night", name, f"night {name}")

        return app

    async def _shift(self, name: str) -> None:
        conninfo = (await asyncio.to_thread(registered, self._history)).get(name)
        if conninfo is None:
            return  # taken out of the fleet: no further shift
        await self._defer("pgclinic.shift", name, name)
        watcher = Watcher(name, self._source(conninfo), self._clock, interval=self.pace.interval)
        ended = asyncio.Event()
        events = asyncio.get_running_loop()
        self.loop.add(watcher, self.pace.shift_seconds, lambda: events.call_soon_threadsafe(ended.set))
        await ended.wait()
        self.shifts += 1

    async def _defer(self, task: str, name: str, lock: str) -> None:
        """Put a target's next shift, or its checkup, into the queue, unless one waits there."""
        later = {"seconds": _SOONEST_SECONDS}
        job = self.app.configure_task(task, queue=_QUEUE, lock=lock, queueing_lock=lock, schedule_in=later)
        try:
            await job.defer_async(name=name)
        except exceptions.AlreadyEnqueued:
            return

    async def _upkeep(self, timestamp: int) -> None:
        """Put in the targets that are missing, and give others what a dead worker was at."""
        manager = self.app.job_manager
        for job in await manager.get_stalled_jobs(queue=_QUEUE, seconds_since_heartbeat=_STALLED_SECONDS):
            await self._give_to_others(job)
        if self._missing_sought and timestamp % _MISSING_SECONDS:
            return
        self._missing_sought = True
        known = {job.lock for job in await manager.list_jobs_async(queue=_QUEUE, task="pgclinic.shift")}
        for name in await asyncio.to_thread(registered, self._history):
            if name not in known:
                await self._defer("pgclinic.shift", name, name)

    async def _give_to_others(self, job: procrastinate.jobs.Job) -> None:
        """The next shift of the target may be waiting already: then the dead one is done with."""
        if job.id is None:
            return
        manager = self.app.job_manager
        try:
            await manager.finish_job_by_id_async(job.id, procrastinate.jobs.Status.FAILED, delete_job=True)
        except exceptions.ConnectorException:
            return
