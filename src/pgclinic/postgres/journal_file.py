"""The journal's copy on disk: one line of JSON a change of state, so that nothing is lost with the database."""

import os
from pathlib import Path
from typing import Self

import msgspec
import platformdirs

from pgclinic.model.errors import UserError


class JournalFile:
    """An append-only file of one database, readable by its owner only; each line is on disk before ``write`` ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, system_identifier: str, database_oid: int, folder: Path | None = None) -> Self:
        """The file of this database in ``folder``, or else in the user's state directory.

        Raises UserError when it cannot be written.
        """
        folder = folder or Path(platformdirs.user_state_dir("pgclinic")) / "journals"
        path = folder / f"{system_identifier or 'unknown'}-{database_oid}.jsonl"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UserError(
                f"The journal {path} cannot be written ({error.strerror}), so nothing was changed; "
                "set XDG_STATE_HOME to a directory of your own."
            ) from error
        return cls(path, descriptor)

    def write(self, record: dict[str, object]) -> None:
        """Append one record. Raises UserError when the disk does not take it."""
        line = msgspec.json.encode(record) + b"\n"
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise UserError(
                f"The journal {self.path} cannot be written ({error.strerror}); make room and run the command again."
            ) from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
