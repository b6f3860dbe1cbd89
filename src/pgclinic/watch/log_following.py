"""True latencies: a server's log followed while it grows, where it holds the duration of every statement.

Only what was added since the look before is read, whole lines, and no more than a bound: a log that grows faster than
it can be read gives a part of the calls, which percentiles do not mind. What a log says never leaves the memory.
"""

import os
from pathlib import Path

from pgclinic.model.errors import UserError
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import SeenStatement
from pgclinic.probes.scope import MARKER
from pgclinic.workload.logs.formats import entries_in
from pgclinic.workload.logs.messages import statements

_MOST_BYTES = 8 << 20
"""Of one look."""


class LogFollower:
    """The end of a log, or of the newest file in a folder of logs; begins at where it ends now."""

    def __init__(self, path: Path) -> None:
        """Raises UserError where there is nothing to read."""
        self._path = path
        try:
            file = self._newest()
            found = file.stat()
            with file.open("rb"):
                pass
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it holds no file"
            raise UserError(f"--log: {path} cannot be read: {reason}; give the server's log or its folder.") from None
        self._file = (found.st_dev, found.st_ino)
        self._offset = found.st_size

    def durations(self, database: str) -> list[float]:
        """Milliseconds of each statement of this database that was logged since the last call, our own left out."""
        seen = statements(entries_in(self._new_lines()))
        return [
            each.duration_ms
            for each in seen
            if isinstance(each, SeenStatement)
            and each.duration_ms is not None
            and each.database in {"", database}
            and MARKER not in each.sql
        ]

    def _newest(self) -> Path:
        if not self._path.is_dir():
            return self._path
        return max((each for each in self._path.iterdir() if each.is_file()), key=lambda each: each.stat().st_mtime)

    def _new_lines(self) -> list[str]:
        try:
            with self._newest().open("rb") as file:
                found = os.fstat(file.fileno())
                if (found.st_dev, found.st_ino) != self._file or found.st_size < self._offset:
                    self._file, self._offset = (found.st_dev, found.st_ino), 0
                self._offset = max(self._offset, found.st_size - _MOST_BYTES)
                file.seek(self._offset)
                whole, newline, _ = file.read(_MOST_BYTES).rpartition(b"\n")
        except (OSError, ValueError):
            return []  # between two files of a rotation
        self._offset += len(whole) + len(newline)
        return [f"{line}\n" for line in whole.decode(errors="replace").splitlines()]


def logs_every_statement(look: Snapshot | None) -> bool:
    """Whether the server logs how long each statement took: a log of the slow ones alone has no true percentiles."""
    least = look.setting.get("log_min_duration_statement") if look is not None else None
    return least is not None and least.value == "0"
