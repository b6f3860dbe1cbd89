"""One program in a folder of its own, which ends with its owner however the owner ends, files and all."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from pgclinic.instance import storage
from pgclinic.instance.account import server_account

# The shell is the program's parent and reads from a pipe that only the owner holds open. However the owner ends, the
# pipe closes, and the program goes with it, files and all. After the word "keep" it stays until somebody stops it;
# after "leave" the shell waits for its end and leaves the files, for it to be started again.
_WATCH = """
directory=$1; signal=$2; shift 2
"$@" >>"$directory/log" 2>&1 &
program=$!
echo "$program" >"$directory/program.pid"
trap '' INT TERM HUP
read -r word
case $word in
    keep | leave) ;;
    *) kill -"$signal" "$program" 2>/dev/null ;;
esac
wait "$program"
[ "$word" = leave ] || { cd / && rm -rf "$directory"; }
"""
_STOP_SECONDS = 60


class Process:
    """A program that runs in ``claim.directory`` under the account of servers, its output in the file ``log`` there.

    It is stopped by ``stop_signal``, which it must not outlive: ``QUIT`` is an immediate shutdown of PostgreSQL,
    and is ignored by what does not ask for it, as a shell starts its jobs.
    """

    def __init__(self, claim: storage.Claim, command: list[str | Path], *, stop_signal: str = "KILL") -> None:
        self.directory = claim.directory
        self._stop_signal = stop_signal
        self._claim = claim
        self._command = command
        self._watcher = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        account = server_account()
        (self.directory / storage.PROGRAM_PID).unlink(missing_ok=True)
        return subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "pgclinic", self.directory, self._stop_signal, *self._command],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            umask=0o077,
            start_new_session=True,
            user=account.switch_user,
            group=account.switch_group,
            extra_groups=account.switch_groups,
        )

    @property
    def has_ended(self) -> bool:
        """Whether the program has come to its end: its shell is gone, or waits for the owner's word beside a zombie."""
        return self._watcher.poll() is not None or self._is_zombie()

    @property
    def launched_pid(self) -> int | None:
        """The process id that the program was last launched with; None until the shell has written it."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.directory / storage.PROGRAM_PID).read_text())
        return None

    def _is_zombie(self) -> bool:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.launched_pid}/stat").read_text()
            return status.rpartition(")")[2].split()[0] == "Z"
        return False

    @property
    def pid(self) -> int | None:
        """The program's process id; None before it has begun and after its end."""
        return storage.program_of(self.directory)

    @property
    def log(self) -> str:
        """What the program has written."""
        file = self.directory / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def end(self, number: int = signal.SIGKILL) -> None:
        """End the program by this signal and wait for it; its files stay, so that it can be started again."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, number)
        self._say(b"leave\n")
        self._watcher.wait(_STOP_SECONDS)

    def start_again(self) -> None:
        """After ``end``: the same command in the same folder."""
        assert self._watcher.poll() is not None, "it still runs"
        self._watcher = self._launch()

    def detach(self) -> None:
        """Let the program outlive this process; its files go when somebody stops it."""
        storage.keep(self.directory)
        self._say(b"keep\n")
        self._claim.lock.close()

    def stop(self) -> None:
        """Stop at once and remove every file. Safe to call twice."""
        self._say(b"")
        self._watcher.wait()
        storage.release(self._claim)

    def _say(self, word: bytes) -> None:
        pipe: IO[bytes] | None = self._watcher.stdin
        if pipe is not None and not pipe.closed:
            # Whoever killed the shell has ended the program's folder too.
            with contextlib.suppress(BrokenPipeError):
                pipe.write(word)
                pipe.close()


def run_as_server(
    command: list[str | Path], directory: Path = Path("/"), *, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end under the account of servers, with its output as text."""
    account = server_account()
    return subprocess.run(
        command,
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={**environment(), **(variables or {})},
        umask=0o077,
        user=account.switch_user,
        group=account.switch_group,
        extra_groups=account.switch_groups,
    )


def environment() -> dict[str, str]:
    """Nothing of the user's PostgreSQL settings, no locale surprises."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
