"""What every running part has in common: a program in a folder of its own, with health, a crash and a restart."""

import os
import re
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pgclinic.instance import InstanceError, Process, claim, release, server_account

_START_SECONDS = 30
_LINES = 4
"""Redis tells the line of its file that is wrong in the third of them."""


class Part:
    """A program beside the database. Use as a context manager, or call ``stop``; it also ends when this process does.

    ``name`` is what people call it, ``version`` what its program says.
    """

    name = ""

    def __init__(self, process: Process, version: str) -> None:
        self.process = process
        self.version = version

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def directory(self) -> Path:
        """Its folder: configuration, socket and log."""
        return self.process.directory

    def is_healthy(self) -> bool:
        """Whether it answers now."""
        raise NotImplementedError

    def wait_until_healthy(self) -> None:
        """Wait until it answers. Raises InstanceError when it ends first, or takes too long."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and not self.process.has_ended:
            if self.is_healthy():
                return
            time.sleep(0.01)
        raise InstanceError(f"{self.name} {self.version} did not start: {_telling(self.process.log)}.")

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.end()

    def start_again(self) -> None:
        """After ``kill``: start it on the same files, at the same address."""
        self.process.start_again()
        self.wait_until_healthy()

    def detach(self) -> None:
        """Let it outlive this process."""
        self.process.detach()

    def stop(self) -> None:
        """Stop at once and remove every file. Safe to call twice."""
        self.process.stop()


def _telling(log: str) -> str:
    """The part of a log that says what went wrong, as one line: from the first error on, not much of it."""
    lines = [" ".join(line.split()) for line in log.splitlines() if line.strip()]
    telling = next((number for number, line in enumerate(lines) if re.search(r"(?i)\b(error|fatal)\b", line)), -1)
    return ", ".join(lines[telling:][:_LINES]).rstrip(".") or "it gave no reason"


def run_in_folder(files: dict[str, str], command: list[str | Path]) -> Process:
    """Run a program in a new folder with these files, in whose texts and arguments ``{folder}`` is its path."""
    own = claim()
    try:
        for name, text in files.items():
            write_private(own.directory / name, text.replace("{folder}", str(own.directory)))
        return Process(own, [str(each).replace("{folder}", str(own.directory)) for each in command])
    except BaseException:
        release(own)
        raise


def write_private(file: Path, text: str) -> None:
    """Write a file that only the account of servers may read, in one step for whoever reads it meanwhile."""
    draft = file.with_name(f"{file.name}.draft")
    draft.unlink(missing_ok=True)
    account = server_account()
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
        stream.write(text)
    os.chown(draft, account.uid, account.gid)
    draft.replace(file)
