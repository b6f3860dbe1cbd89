"""The reference application and its users, as processes of their own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from pgclinic.model.errors import UserError

_PREFIX = "DRAIN_FORTIN_"
_START_MODULE, _LOAD_MODULE = "drain_fortin", "drain_fortin.load"
_STOP_SECONDS = 30
_ANSWERS = dict[str, str]
_SAID = 1000
"""Characters of what it said last."""


class ActionTimes(msgspec.Struct, frozen=True):
    """Milliseconds of the requests that were answered, and why others were not, with their number."""

    times_ms: list[float]
    failures: dict[str, int]

    @property
    def failed(self) -> int:
        """Requests that were not answered, or with an error."""
        return sum(self.failures.values())


class LoadOutcome(msgspec.Struct, frozen=True):
    """What the load tells of a run; ``seconds`` until its last answer, ``processor_seconds`` that it took itself."""

    rate: float
    seconds: float
    late_ms: float
    processor_seconds: float
    actions: dict[str, ActionTimes]


class Application:
    """The service in ``folder`` (``examples/drain_fortin``) with these settings. Use as a context manager.

    ``workers`` is how many processes answer. Raises UserError where it does not start.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str], *, workers: int = 1) -> None:
        paths = [str(folder / "src"), os.environ.get("PYTHONPATH", "")]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)},
            **{_PREFIX + name.upper(): value for name, value in settings.items()},
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by stop
        self._process = subprocess.Popen(
            [sys.executable, "-m", _START_MODULE, "--port", "0", "--workers", str(workers), "--until-closed"],
            env=self._environment,
            stdin=subprocess.PIPE,  # closed with this process, however it ends
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url.startswith("http://"):
            self._process.wait()
            self._said.seek(0)
            said = self._said.read().strip()[-_SAID:]
            self.stop()
            raise UserError(f"The application in {folder} did not start: {said}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process, the parent of its workers where there are several."""
        return self._process.pid

    def crowd(self, rate: float, seconds: float, *, patience: float, seed: int) -> LoadOutcome:
        """What many users at once met with: ``rate`` requests a second, begun at moments that are fixed in advance."""
        options = {"rate": rate, "seconds": seconds, "patience": patience, "seed": seed}
        return self._load(options, seconds + patience)

    def one_by_one(self, action: str, count: int, *, seed: int) -> ActionTimes:
        """The same action again and again, each when the one before was answered."""
        return self._load({"only": action, "count": count, "seed": seed}, _STOP_SECONDS * count).actions[action]

    def answers(self, count: int, *, seed: int) -> dict[str, str]:
        """A digest of the answer to each of ``count`` questions of each kind that writes nothing."""
        return msgspec.json.decode(self._run({"count": count, "seed": seed}, _STOP_SECONDS, "--answers"), type=_ANSWERS)

    def stop(self) -> None:
        """End it. Safe to call twice."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._said.close()

    def _load(self, options: Mapping[str, object], seconds: float) -> LoadOutcome:
        return msgspec.json.decode(self._run(options, seconds), type=LoadOutcome)

    def _run(self, options: Mapping[str, object], seconds: float, *flags: str) -> bytes:
        command = [sys.executable, "-m", _LOAD_MODULE, self.url, *flags]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        answer = subprocess.run(
            command, env=self._environment, capture_output=True, check=False, timeout=seconds + 10 * _STOP_SECONDS
        )
        if answer.returncode != 0:
            said = answer.stderr.decode(errors="replace").strip()[-_SAID:]
            raise UserError(f"The load on the application ended with an error ({answer.returncode}): {said}")
        return answer.stdout
