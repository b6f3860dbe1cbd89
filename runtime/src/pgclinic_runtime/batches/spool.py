"""Groups kept on disk until they are in the database, so that a crash loses nothing that was acknowledged.

A folder of files, written at their end only: each group is appended and forced to disk (fsync) before it counts as
kept; a file goes when all of its groups are in the database. One process at a time holds the folder (flock: POSIX).
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from pgclinic_runtime.batches.records import MAGIC, Done, Kept, Purpose, Record, decoded, encoded


class SpoolInUseError(Exception):
    """Another process, or another writer of this one, holds the folder."""


class SpoolMismatchError(Exception):
    """The folder holds rows for another target."""


@dataclass(slots=True)
class _Segment:
    path: Path
    undone: set[UUID] = field(default_factory=set)


class Spool:
    """A folder of groups. ``purpose``: what the rows are encoded for; ``segment_bytes``: when to begin a new file."""

    def __init__(self, folder: Path, purpose: str, *, segment_bytes: int = 64_000_000) -> None:
        self.folder = folder
        self._purpose = purpose
        self._segment_bytes = segment_bytes
        self._segments: dict[int, _Segment] = {}
        self._lock = -1
        self._file = -1
        self._size = 0
        self._number = 0
        self._busy = threading.Lock()  # one thread keeps groups, another forgets them

    def open(self) -> tuple[Kept, ...]:
        """Take the folder, making it where it is missing; returns the groups that an earlier process left, in order.

        Raises:
            SpoolInUseError, SpoolMismatchError, records.SpoolDamagedError: as they say; the folder is left alone.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._take()
        try:
            left = tuple(self._left())
        except BaseException:
            self._segments.clear()  # what could not be read whole is nobody's to delete
            self.close()
            raise
        return left

    def keep(self, key: UUID, data: bytes) -> None:
        """Append a group; when this returns, it is on disk.

        Raises:
            OSError: it is not, and the file is as it was; a later call begins a new one.
            RuntimeError: the spool is not open.
        """
        with self._busy:
            if self._lock < 0:
                raise RuntimeError(f"the spool {self.folder} is not open")
            self._append(Kept(key, data))
            self._segments[self._number].undone.add(key)

    def forget(self, key: UUID) -> None:
        """A group is in the database. Not forced to disk: at worst it is offered to the ledger once more."""
        with self._busy:
            if self._file >= 0:
                with contextlib.suppress(OSError):
                    self._write(encoded(Done(key)))
            for number, segment in list(self._segments.items()):
                segment.undone.discard(key)
                if not segment.undone and number != self._number:
                    with contextlib.suppress(OSError):
                        segment.path.unlink(missing_ok=True)
                    del self._segments[number]

    def close(self) -> None:
        """Let the folder go; a file without undone groups goes with it. Once more does no harm."""
        with self._busy:
            self._leave_file()
            for segment in self._segments.values():
                if not segment.undone:
                    with contextlib.suppress(OSError):
                        segment.path.unlink(missing_ok=True)
            self._segments.clear()
            lock, self._lock = self._lock, -1
            if lock >= 0:
                os.close(lock)

    def _take(self) -> None:
        import fcntl  # noqa: PLC0415 - POSIX only, and only a spool needs it

        if self._lock >= 0:
            raise SpoolInUseError(f"this writer holds the spool {self.folder} already")
        # Its own at once: whoever is interrupted from here on closes it.
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            self._lock = -1
            if not isinstance(error, BlockingIOError):
                raise
            raise SpoolInUseError(f"another writer holds the spool {self.folder}") from error

    def _left(self) -> Iterator[Kept]:
        groups: dict[UUID, tuple[int, Kept]] = {}
        done: set[UUID] = set()
        for path in sorted(self.folder.glob("*.spool")):
            number = int(path.stem)
            self._segments[number] = _Segment(path)
            self._number = max(self._number, number)
            for record in decoded(path.read_bytes()):
                match record:
                    case Purpose(text) if text != self._purpose:
                        raise SpoolMismatchError(
                            f"the spool {self.folder} holds rows for {text}; open a writer with that target to empty it"
                        )
                    case Kept(key):
                        groups[key] = number, record
                    case Done(key):
                        done.add(key)
                    case Purpose():
                        pass
        for key, (number, group) in groups.items():
            if key not in done:
                self._segments[number].undone.add(key)
                yield group

    def _append(self, record: Record) -> None:
        if self._file < 0 or self._size >= self._segment_bytes:
            self._begin()
        before = self._size
        try:
            self._write(encoded(record))
            os.fsync(self._file)
        except BaseException:
            # After a failed fsync nobody knows what is on disk: what comes next goes to another file.
            self._cut(before)
            self._leave_file()
            raise

    def _begin(self) -> None:
        """A new file; until its header and its name are written, there is none."""
        self._leave_file()
        self._number += 1  # also of one that fails: its name may be left
        path = self.folder / f"{self._number:012}.spool"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = 0
        try:
            self._write(MAGIC + encoded(Purpose(self._purpose)))
            self._sync_folder()
        except BaseException:
            self._leave_file()
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        self._segments[self._number] = _Segment(path)

    def _sync_folder(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write(self, data: bytes) -> None:
        """Append all of it. On an error a part that was written is cut off again, or the file is left."""
        before = self._size
        view = memoryview(data)
        try:
            while view:
                written = os.write(self._file, view)
                view = view[written:]
            self._size = before + len(data)
        except BaseException:
            self._cut(before)
            raise

    def _cut(self, size: int) -> None:
        if self._file >= 0:
            try:
                os.ftruncate(self._file, size)
            except OSError:
                self._leave_file()  # with a torn tail, which nothing may follow
            self._size = size

    def _leave_file(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            with contextlib.suppress(OSError):
                os.close(file)
