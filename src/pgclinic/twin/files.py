"""Relation files of the twin: as long as the user's, and empty. Segments are holes on the disk."""

import contextlib
import itertools
import os
from pathlib import Path

from pgclinic.instance.account import server_account
from pgclinic.sizes import believable
from pgclinic.sizes.types import PAGE

SEGMENT_PAGES = 131072
"""Pages of a full segment, 1 GiB (RELSEG_SIZE)."""


def resize(path: Path, pages: int) -> None:
    """Make the relation whose first segment is ``path`` so many pages long."""
    account = server_account()
    full, rest = divmod(believable.pages(pages), SEGMENT_PAGES)
    name = str(path)
    for number in range(full + 1):
        descriptor = os.open(f"{name}.{number}" if number else name, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.fchown(descriptor, account.uid, account.gid)
            os.ftruncate(descriptor, (SEGMENT_PAGES if number < full else rest) * PAGE)
        finally:
            os.close(descriptor)


def empty(path: Path) -> None:
    """Make the relation zero pages long, without its further segments."""
    with contextlib.suppress(FileNotFoundError):
        for number in itertools.count(1):
            path.with_name(f"{path.name}.{number}").unlink()
    os.truncate(path, 0)
