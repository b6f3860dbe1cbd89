"""Where private servers keep their files, and how those of a killed run are found and removed.

Each server has one directory with a file that its owner keeps locked for as long as it lives; a directory whose
file can be locked by somebody else is a leftover. The lock goes with the process, however it ends.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import platformdirs

from pgclinic.instance.account import Account, server_account

HOME = "PGCLINIC_CACHE"
"""Environment variable: the directory for private servers instead of the user's cache directory."""

PROGRAM_PID = "program.pid"
"""The file in a server's directory that holds the process id of what runs there."""

_LOCK = "owner.lock"
_KEPT = "kept"
_LONGEST_SOCKET_DIRECTORY = 85
"""A socket's path holds 107 bytes at most on Linux, 103 on macOS (``sun_path``); the file name takes 18."""


class Claim(msgspec.Struct, frozen=True):
    """A directory that is ours as long as ``lock`` stays open."""

    directory: Path
    lock: BinaryIO


def home() -> Path:
    """The directory that holds servers and templates, made when missing, writable by the server's account only."""
    account = server_account()
    default = Path("/var/cache/pgclinic") if account.is_other else Path(platformdirs.user_cache_dir("pgclinic"))
    spare = Path(tempfile.gettempdir()) / f"pgclinic-{account.uid}"
    given = os.environ.get(HOME)
    directory = Path(given or default).absolute()
    if len(os.fsencode(directory)) + len("/instances/12345678") > _LONGEST_SOCKET_DIRECTORY:
        directory = spare
    try:
        _furnish(directory, account)
    except OSError:
        if given or directory == spare:
            raise
        directory = spare  # a service account's home is often closed to it
        _furnish(directory, account)
    return directory


def _furnish(directory: Path, account: Account) -> None:
    """Make the folders that are missing, for the server's account. Raises OSError."""
    for folder in (directory, directory / "instances", directory / "templates"):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True, mode=0o755)
            os.chown(folder, account.uid, account.gid)
    if directory.stat().st_uid not in {account.uid, os.geteuid()}:
        raise PermissionError(errno.EPERM, "it belongs to somebody else", str(directory))
    if not os.access(directory / "instances", os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory / "instances"))


def claim() -> Claim:
    """A new directory for one server, locked by this process."""
    account = server_account()
    directory = Path(tempfile.mkdtemp(dir=home() / "instances", prefix=""))
    os.chown(directory, account.uid, account.gid)
    # Locked before it has its name: a sweep of another process could lock it first and take it for abandoned.
    draft = directory / f"{_LOCK}.draft"
    lock = draft.open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    draft.rename(directory / _LOCK)
    return Claim(directory, lock)


def release(own: Claim) -> None:
    """Give a directory back, with whatever is left in it."""
    own.lock.close()
    shutil.rmtree(own.directory, ignore_errors=True)


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """One process at a time through the section of this name."""
    with (home() / f"{name}.lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep(directory: Path) -> None:
    """Mark a server as one that outlives its owner on purpose; only its own end removes it."""
    (directory / _KEPT).touch()


def sweep() -> tuple[Path, ...]:
    """Stop and remove the servers that killed runs left behind; returns their directories."""
    swept = []
    for directory in sorted((home() / "instances").iterdir()):
        if _is_abandoned(directory):
            end(directory)
            swept.append(directory)
    return tuple(swept)


_GRACE_SECONDS = 60
"""A directory without a lock file is being made, or was left at that instant."""


def _is_abandoned(directory: Path) -> bool:
    try:
        with (directory / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        with contextlib.suppress(FileNotFoundError):
            return time.time() - directory.stat().st_mtime > _GRACE_SECONDS
        return False
    return not ((directory / _KEPT).exists() and program_of(directory) is not None)


def end(directory: Path) -> None:
    """Stop at once what runs in a directory that nobody owns, and remove its files."""
    for _ in range(200):
        pid = program_of(directory)
        if pid is None:
            break
        is_postmaster = (directory / "data" / "postmaster.pid").exists()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT if is_postmaster else signal.SIGKILL)
        time.sleep(0.05)
    shutil.rmtree(directory, ignore_errors=True)


def program_of(directory: Path) -> int | None:
    """The process id of what runs in the directory: the file alone may name a stranger by now.

    A postmaster also has a file of its own, which is asked first: it is there for as long as the server.
    """
    for name in ("data/postmaster.pid", PROGRAM_PID):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((directory / name).read_text().splitlines()[0])
            os.kill(pid, 0)
            if _runs_in(directory, pid):
                return pid
    return None


def _runs_in(directory: Path, pid: int) -> bool:
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists():
        with contextlib.suppress(OSError):
            return os.fsencode(directory) in command.read_bytes()
    return True
