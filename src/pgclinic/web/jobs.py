"""What takes longer than a page may: verbs that run in threads, while pages ask how far they are."""

import secrets
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from threading import Event, Lock
from typing import Any

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.verbs.driving import drive

_MOST_KEPT = 100
_MOST_NOTES = 50


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobReport(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it is told. ``done`` of ``total`` is as in Progress; ``error`` is one sentence, where it failed."""

    id: str
    title: str
    database: str
    state: JobState
    step: str = ""
    done: int | None = None
    total: int | None = None
    seconds_left: float | None = None
    notes: tuple[str, ...] = ()
    error: str = ""
    then: str = ""


class StoppedError(Exception):
    """The server ends, and its jobs with it."""


class Job:
    """A verb under way. ``then`` is the page that shows what came of it."""

    def __init__(self, title: str, database: str, then: str) -> None:
        self.id = secrets.token_urlsafe(12)
        self._report = JobReport(id=self.id, title=title, database=database, state=JobState.WAITING, then=then)
        self.result: Any = None

    @property
    def report(self) -> JobReport:
        """How far it is."""
        return self._report

    def run(self, verb: Generator[Progress, None, Any], stop: Event, keep: Callable[[Any], object]) -> None:
        """Drive the verb to its end, and hand its noun to ``keep``. A UserError becomes the job's own."""

        def tell(progress: Progress) -> None:
            if stop.is_set():
                raise StoppedError
            self._tell(progress)

        self._become(state=JobState.RUNNING)
        try:
            self.result = drive(verb, tell)
            keep(self.result)
        except UserError as error:
            self._become(state=JobState.FAILED, error=str(error))
        except StoppedError:
            self._become(state=JobState.FAILED, error="The server was stopped.")
        except BaseException:
            self._become(state=JobState.FAILED, error="It failed unexpectedly; the server's log has the reason.")
            raise
        else:
            self._become(state=JobState.DONE)

    def _tell(self, progress: Progress) -> None:
        notes = (*self._report.notes, progress.note)[-_MOST_NOTES:] if progress.note else self._report.notes
        step = progress.step or self._report.step
        self._become(
            step=step, done=progress.done, total=progress.total, seconds_left=progress.seconds_left, notes=notes
        )

    def _become(self, **changes: Any) -> None:  # noqa: ANN401 - fields of any type
        self._report = msgspec.structs.replace(self._report, **changes)


class Jobs:
    """All of them: ``at_once`` run at the same time, one for each database, the others wait or are refused."""

    def __init__(self, at_once: int = 2) -> None:
        self._threads = ThreadPoolExecutor(at_once, "pgclinic-job")
        self._stop = Event()
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}

    def begin(
        self,
        verb: Generator[Progress, None, Any],
        *,
        title: str,
        database: str,
        then: str,
        keep: Callable[[Any], object] = lambda _: None,
    ) -> Job:
        """Start a verb. Raises UserError while another one of the same database is under way."""
        with self._lock:
            if (other := self.of(database)) is not None:
                raise UserError(f"{other.report.title} is still under way for this database; wait until it is done.")
            job = Job(title, database, then)
            self._jobs = dict([*self._jobs.items(), (job.id, job)][-_MOST_KEPT:])
            self._threads.submit(job.run, verb, self._stop, keep)
        return job

    def find(self, number: str) -> Job | None:
        """The job of this id."""
        return self._jobs.get(number)

    def of(self, database: str) -> Job | None:
        """The job that is under way for a database."""
        open_states = {JobState.WAITING, JobState.RUNNING}
        return next(
            (job for job in self._jobs.values() if job.report.database == database and job.report.state in open_states),
            None,
        )

    def close(self) -> None:
        """End what is under way at its next word, and wait for it."""
        self._stop.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
