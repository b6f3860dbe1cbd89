"""What TARGET means: a server to connect to, or a snapshot file.

In this order: what was typed, ``PGCLINIC_DATABASE_URL``, ``DATABASE_URL``, libpq's own PG* variables. Passwords come
from where libpq looks for them, or from a command that prints one.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Generator, Mapping
from pathlib import Path

import msgspec
from psycopg.conninfo import make_conninfo

from pgclinic.model import snapshot_file
from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.connect import parameters_of
from pgclinic.verbs.snapshot import snapshot

URL_VARIABLES = ("PGCLINIC_DATABASE_URL", "DATABASE_URL")
PASSWORD_COMMAND_SECONDS = 30

_LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE")
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9]*)(?P<driver>\+[a-z0-9]+)?://", re.IGNORECASE)
_FRAMEWORK_PARAMETERS = re.compile(
    r"(?<=[?&])(schema|pgbouncer|connection_limit|pool_timeout|socket_timeout|statement_cache_size|pool_size)=[^&]*&?"
)
"""What Prisma and others write into a database URL for themselves; libpq would refuse the URL."""


class Live(msgspec.Struct, frozen=True):
    """A server to connect to. ``conninfo`` may hold a password; the text of this value does not."""

    conninfo: str

    def __repr__(self) -> str:
        """Without the conninfo."""
        return "Live(...)"


class SnapshotFile(msgspec.Struct, frozen=True):
    """A visit that was saved."""

    path: Path


def resolve(
    target: str | None,
    *,
    host: str | None = None,
    port: int | None = None,
    user: str | None = None,
    dbname: str | None = None,
    password_command: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Live | SnapshotFile:
    """What is meant. Options stand above what the target says, as in psql.

    Raises UserError when nothing is meant, or it cannot be told what.
    """
    surroundings = os.environ if environment is None else environment
    options = {"host": host, "port": port, "user": user, "dbname": dbname}
    given = {name: value for name, value in options.items() if value is not None}
    meant = _conninfo(target) if target else _conninfo_of(surroundings, is_optional=bool(given))
    if isinstance(meant, SnapshotFile):
        return meant
    parameters: dict[str, str | int] = {**parameters_of(meant), **given}
    if password_command:
        parameters["password"] = _printed_by(password_command)
    return Live(make_conninfo("", **parameters))


def is_one_in_the_environment() -> bool:
    """Whether a target is meant where none is typed."""
    return any(os.environ.get(variable, "").strip() for variable in (*URL_VARIABLES, *_LIBPQ_VARIABLES))


def examined(target: Live | SnapshotFile, *, values: bool = True) -> Generator[Progress, None, Snapshot]:
    """What there is to see of the target: collected now, or read from the file. Raises UserError."""
    if isinstance(target, SnapshotFile):
        yield Progress("Reading the snapshot")
        return snapshot_file.read(target.path)
    return (yield from snapshot(target.conninfo, values=values))


def _conninfo(target: str) -> str | SnapshotFile:
    url = _URL.match(target)
    if url is not None:
        return _postgres_url(target, url, "The target")
    if (path := _existing(target)) is not None:
        return SnapshotFile(path)
    if "=" in target:
        return target
    if "@" in target:
        raise UserError("The target looks like a URI without its beginning; write postgresql:// in front of it.")
    if "/" in target or target.endswith((".pgclinic", ".gz", ".json")):
        raise UserError(f"There is no file {target}; give a snapshot file, a connection or a service name.")
    if not _is_service(target):
        raise UserError(
            f"{target} is neither a file nor a service of pg_service.conf; for a database give -d {target}."
        )
    return make_conninfo("", service=target)


def _existing(target: str) -> Path | None:
    """The file of this name. A conninfo with a cloud token is longer than a name may be, and may begin with ``~``."""
    try:
        path = Path(target).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError):
        return None


def _conninfo_of(environment: Mapping[str, str], *, is_optional: bool) -> str:
    for variable in URL_VARIABLES:
        text = environment.get(variable, "").strip()
        if text:
            url = _URL.match(text)
            return _postgres_url(text, url, variable) if url else text
    if is_optional or any(environment.get(variable) for variable in _LIBPQ_VARIABLES):
        return ""
    raise UserError(
        "No target: give a URI such as postgresql://user@host/database, a service name or a snapshot file, "
        "or set PGCLINIC_DATABASE_URL, DATABASE_URL or PGHOST."
    )


def _postgres_url(text: str, url: re.Match[str], origin: str) -> str:
    """The URL as libpq wants it: SQLAlchemy adds a driver to the scheme, frameworks add parameters of their own."""
    if url["scheme"].lower() not in {"postgres", "postgresql"}:
        raise UserError(f"{origin} is a {url['scheme']}:// address; pgclinic needs one that begins with postgresql://.")
    return "postgresql://" + _FRAMEWORK_PARAMETERS.sub("", text[url.end() :]).rstrip("?&")


def _is_service(name: str) -> bool:
    """Whether libpq would find the service, in the files where it looks."""
    system = os.environ.get("PGSYSCONFDIR", "/etc/postgresql-common")
    files = (os.environ.get("PGSERVICEFILE") or Path.home() / ".pg_service.conf", Path(system) / "pg_service.conf")
    for file in map(Path, files):
        if file.is_file() and f"[{name}]" in file.read_text(errors="replace").splitlines():
            return True
    return False


def _printed_by(command: str) -> str:
    """The first line that a program prints, run without a shell; its own errors reach the user directly."""
    try:
        answer = subprocess.run(
            shlex.split(command),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=PASSWORD_COMMAND_SECONDS,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        reason = "it took too long" if isinstance(error, subprocess.TimeoutExpired) else str(error)
        raise UserError(f"The password command could not be run ({reason}); check --password-command.") from None
    password = answer.stdout.partition("\n")[0]
    if answer.returncode != 0 or not password:
        raise UserError(f"The password command printed no password (exit {answer.returncode}); try it by hand.")
    return password
