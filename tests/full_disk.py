"""A spool in files that may not grow beyond some bytes for a while, then in a process that dies.

Run: ``full_disk.py FOLDER begin|forget ROOM``. Prints what was acknowledged and not forgotten.
"""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pgclinic_runtime.batches.spool import Spool


@contextmanager
def full(most: int) -> Iterator[None]:
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))


def keep(spool: Spool, *texts: str) -> None:
    for text in texts:
        try:
            spool.keep(uuid4(), text.encode())
        except OSError:
            continue
        os.write(1, f"{text}\n".encode())


def size(spool: Spool) -> int:
    return max(path.stat().st_size for path in spool.folder.glob("*.spool"))


def begin(spool: Spool, room: int) -> None:
    with full(room):
        keep(spool, "during")
    keep(spool, "after 1", "after 2")


def forget(spool: Spool, room: int) -> None:
    keep(spool, "before")
    done = uuid4()
    spool.keep(done, b"forgotten")
    with full(size(spool) + room):
        spool.forget(done)
    keep(spool, "between")
    with full(size(spool) + room):
        keep(spool, "during 1", "during 2")
    keep(spool, "after 1", "after 2")


if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    spool = Spool(Path(sys.argv[1]), "calls")
    spool.open()
    {"begin": begin, "forget": forget}[sys.argv[2]](spool, int(sys.argv[3]))
    os.kill(os.getpid(), signal.SIGKILL)
