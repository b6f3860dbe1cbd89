"""Real PostgreSQL servers as fixtures: one a major version for the session, a database of its own for each test."""

import contextlib
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus

from pgclinic.instance import Binaries, Instance, find_binaries, start
from pgclinic.instance.binaries import EXTRA_DIRECTORIES
from pgclinic.stack import Pooler, Redis, Replica, start_pooler, start_primary, start_redis, start_replica
from stacking import PAIR_SETTINGS, Pair, database_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")

# A shell starts its background jobs with Ctrl-C ignored, and what the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
NEWEST = 18
EACH = (15, 17, 18)
EVERY = (13, 14, 15, 16, 17, 18)
_SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "top",
    "pg_stat_statements.max": "50000",  # all tests share it, and evictions are a blind spot
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
    "autovacuum": "off",
    "wal_level": "logical",
    "max_wal_senders": "5",
    "max_replication_slots": "5",
    "max_prepared_transactions": "5",
    "archive_mode": "on",
    "archive_command": "true",
}


class Database:
    """A test's own database, seen as the superuser."""

    def __init__(self, instance: Instance, name: str) -> None:
        self.instance = instance
        self.name = name
        self.major = instance.binaries.major
        self.conninfo = instance.conninfo(name)

    def connect(self, **options: Any) -> psycopg.Connection:
        return psycopg.connect(self.conninfo, autocommit=True, **options)

    def conninfo_as(self, role: str, password: str) -> str:
        return make_conninfo(self.conninfo, user=role, password=password)

    def execute(self, statement: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(statement, parameters)
            # Not by its description, which rows without columns lack.
            has_rows = cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK
            return cursor.fetchall() if has_rows else []


def binaries_on_machine(major: int) -> Binaries:
    folder = ROOT / ".cache" / "servers" / str(major) / "bin"
    if folder.is_dir() and str(folder) not in os.environ.get(EXTRA_DIRECTORIES, ""):
        os.environ[EXTRA_DIRECTORIES] = os.pathsep.join(
            filter(None, [str(folder), os.environ.get(EXTRA_DIRECTORIES, "")])
        )
        find_binaries.cache_clear()
    for binaries in find_binaries():
        if binaries.major == major:
            return binaries
    raise AssertionError(f"no PostgreSQL {major} on this machine; run scripts/test_packages.sh")


class Servers:
    """The session's servers, one a major version, each started when first asked for."""

    def __init__(self) -> None:
        self.running: dict[int, Instance] = {}

    def __call__(self, major: int) -> Instance:
        if major not in self.running:
            instance = self.running[major] = start(binaries_on_machine(major), settings=_SETTINGS)
            with (instance.data_directory / "pg_hba.conf").open("a") as file:
                file.write("local replication all scram-sha-256\n")
            with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
                connection.execute("select pg_reload_conf()")
        return self.running[major]


@pytest.fixture(scope="session")
def server() -> Iterator[Servers]:
    """Call it with a major version."""
    servers = Servers()
    yield servers
    for instance in servers.running.values():
        instance.stop()


_numbers = itertools.count(1)
# What a test changes of the server that it shares with others, who would fail for it and name nobody.
_SHARED = """
    select 'setting ' || name || ' = ' || coalesce(setting, '') from pg_catalog.pg_file_settings
    where sourcefile like '%postgresql.auto.conf'
    union all select 'setting of all or of the superuser ' || setconfig::text from pg_catalog.pg_db_role_setting
    where setdatabase = 0 and setrole in (0, current_user::regrole)
    union all select 'slot ' || slot_name from pg_catalog.pg_replication_slots where not temporary
    union all select 'prepared transaction ' || gid from pg_catalog.pg_prepared_xacts
"""


def _database_on(instance: Instance) -> Iterator[Database]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    identifier = sql.Identifier(name)
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        before = connection.execute(_SHARED).fetchall()
        connection.execute(sql.SQL("create database {}").format(identifier))
        yield Database(instance, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(identifier))
        assert sorted(connection.execute(_SHARED).fetchall()) == sorted(before), "left behind on the shared server"


@pytest.fixture
def database_on(server: Servers) -> Iterator[Callable[[int], Database]]:
    """Call it with a major version for a new database there."""
    with contextlib.ExitStack() as stack:
        yield lambda major: stack.enter_context(contextlib.contextmanager(_database_on)(server(major)))


@pytest.fixture
def database(server: Servers) -> Iterator[Database]:
    """A new database on the newest major version."""
    yield from _database_on(server(NEWEST))


@pytest.fixture(params=EACH)
def database_on_each(server: Servers, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A new database on each of the main major versions in turn."""
    yield from _database_on(server(request.param))


@pytest.fixture(params=EVERY)
def database_on_every(server: Servers, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A new database on every supported major version in turn, for the smoke lane."""
    yield from _database_on(server(request.param))


@pytest.fixture
def role_name(server: Servers) -> Iterator[str]:
    """A role name that no other test uses; the role is dropped from every running server afterwards."""
    name = f"role_{os.getpid()}_{next(_numbers)}"
    yield name
    identifier = sql.Identifier(name)
    for instance in server.running.values():
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            if connection.execute("select from pg_roles where rolname = %s", [name]).rowcount:
                connection.execute(sql.SQL("drop owned by {}").format(identifier))
                connection.execute(sql.SQL("drop role {}").format(identifier))


@pytest.fixture(scope="session")
def shared_pair() -> Iterator[tuple[Instance, Replica]]:
    """A primary and its replica on the newest version, for all tests that leave them as they are."""
    with start_primary(binaries_on_machine(NEWEST), PAIR_SETTINGS) as primary, start_replica(primary) as replica:
        yield primary, replica


@pytest.fixture
def pair(shared_pair: tuple[Instance, Replica]) -> Iterator[Pair]:
    """A new database on the shared primary and replica."""
    with database_of(*shared_pair) as pair:
        yield pair


@pytest.fixture(scope="session")
def shared_pooler(shared_pair: tuple[Instance, Replica]) -> Iterator[Pooler]:
    """PgBouncer in transaction mode in front of the shared primary."""
    with start_pooler(shared_pair[0]) as pooler:
        yield pooler


@pytest.fixture
def pooled(pair: Pair, shared_pooler: Pooler) -> str:
    """The pair's primary through PgBouncer; clients must not prepare statements unless `shared_pooler.can_prepare`."""
    return pair.through(shared_pooler)


@pytest.fixture(scope="session")
def redis_store() -> Iterator[Redis]:
    """A Redis that all tests share: use keys of your own."""
    with start_redis() as redis:
        yield redis


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Closed with the module: Playwright keeps an event loop in its thread, in which asyncio.run then refuses."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - few tests need it, and it is large

    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed; scripts/test_packages.sh installs it")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=os.fspath(CHROMIUM), args=CHROMIUM_FLAGS)
        yield found
        found.close()
