"""The examples of every verb's help, run as they stand there: help that does not work is a lie."""

import contextlib
import os
import pkgutil
import select
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Self

import psycopg
import pytest
from psycopg import sql

from pgclinic.cli import commands
from pgclinic.instance import Instance

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]

PROGRAM = Path(sys.executable).with_name("pgclinic")
PASSWORD = "of-all-example-roles"
DATABASES = ("shop", "empty")
ROLES = {
    "app": "in role pg_read_all_data, pg_monitor",
    "monitor": "in role pg_monitor",
    "owner": "superuser",
    "admin": "superuser",
}

NOT_RUN = {
    "pgclinic demo": "takes minutes at the default scale; tests/cli/test_demo.py runs it at the small one",
    "pgclinic demo --keep": "leaves a server running",
    "pgclinic demo --watch": "goes on until it is stopped; tests/web runs its parts",
    "pgclinic demo --scale small --json result.json": "is what tests/cli/test_demo.py runs",
    'psql -XAtc "explain (analyze, buffers) select ..." shop > plan.txt': "the three dots stand for a statement",
    "pgclinic treat service=shop treatment --yes --window 02:00-05:00 --jobs 2": "waits until two in the morning",
    "pgclinic treat service=shop treatment --keep-if 'gain>=1.2' --max-wait 200": "its role owns nothing here",
    "pgclinic prove service=shop --from-statements --minutes 2 --rate 50": "takes two minutes",
    "pgclinic fleet --store postgresql://keeper@stats/history service=shop": "goes on; tests/watch/test_fleet.py",
    "pgclinic fleet --store postgresql://keeper@stats/history --at-once 500": "the same",
    "pgclinic fleet --store postgresql://keeper@stats/history --rules alerts.toml": "the same",
    "pgclinic watch postgresql://monitor@db/shop": "goes on for months; tests/cli/test_watch.py ends it",
    "pgclinic watch service=shop service=crm --every 15s --serve": "the same; tests/web",
    "pgclinic watch service=shop --store postgresql://keeper@stats/history": "the same",
    "pgclinic watch service=shop --rules alerts.toml --metrics 127.0.0.1:9187": "the same; test_watch_beside.py",
    "pgclinic watch service=shop --refresh": "the same; tests/cli/test_watch_beside.py",
    "pgclinic watch --rules alerts.toml --test-alert": "sends a message; tests/cli/test_watch_beside.py",
    "pgclinic serve shop.pgclinic": "goes on until it is stopped; tests/web",
    "pgclinic serve --store postgresql://keeper@stats/history": "the same",
    "pgclinic serve postgresql://app@db/shop --listen 127.0.0.1:9000": "the same",
    "pgclinic serve shop.pgclinic --listen 0.0.0.0:8432 --proxy 10.0.0.7 \\\n"
    "--allow-host pg.example.com --trust-header X-Forwarded-User": "the same; it wants a proxy",
    "pgclinic undo postgresql://owner@db/shop": "asks, and nobody answers here",
    "pgclinic undo postgresql://owner@db/shop --item 3": "asks, and nobody answers here",
}
ILL = {"checkup", "compare", "doctor", "review"}
"""Verbs whose exit code 1 says something about the database, and nothing about the example."""

SCHEMA = """
    create table customers (id bigint primary key, email text);
    create table audit (id bigint primary key, what text);
    create table orders (
        id bigint primary key, customer_id bigint references customers, total numeric, status text, note text
    );
    insert into customers select n, 'c' || n from generate_series(1, 2000) n;
    insert into orders select n, n % 2000 + 1, n, 'done', repeat('x', 20) from generate_series(1, 40000) n;
    create index orders_note_idx on orders (note);
    grant select on all tables in schema public to app;
    create extension pg_stat_statements;
    analyze;
"""
QUERY = "select * from orders where customer_id = $1 order by id desc limit 20"
TASK = f"""-- name: orders of a customer
-- parameters: select id from customers order by id limit 100
{QUERY};
"""
LOG = """2026-11-27 07:00:00.000 UTC,"app","shop",1,"",1.1,1,"SELECT",2026-11-27 07:00:00 UTC,1/1,0,LOG,00000,\
"duration: 12.3 ms  statement: select * from orders where customer_id = 7 order by id desc limit 20",,,,,,,,,"app",\
"client backend",,0
"""
MIGRATION = "alter table orders add column paid_at timestamptz;\n"
PLAN = """Limit  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..0.011 rows=1 loops=1)
  Buffers: shared hit=3
  ->  Seq Scan on orders  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..0.011 rows=1 loops=1)
        Filter: (customer_id = 7)
        Rows Removed by Filter: 39999
        Buffers: shared hit=3
Planning Time: 0.050 ms
Execution Time: 0.020 ms
"""
LOGGED_PLAN = "2026-11-27 07:00:00 UTC [1] LOG:  duration: 12.3 ms  plan:\n\tQuery Text: select 1\n" + "".join(
    f"\t{line}\n" for line in PLAN.splitlines()[:6]
)


def _examples(help_text: str) -> Iterator[str]:
    """What stands under ``Examples:``, one that goes over several lines as one."""
    lines = help_text.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    example = ""
    for line in map(str.strip, lines):
        example = f"{example}\n{line}" if example else line
        if not example.endswith(("|", "\\")):
            yield example
            example = ""


def _verbs() -> list[str]:
    modules = (import_module(f"{commands.__name__}.{each.name}") for each in pkgutil.iter_modules(commands.__path__))
    return sorted(module.__name__.rpartition(".")[2].replace("_", "-") for module in modules)


class _Host(socketserver.ThreadingTCPServer):
    """The host ``db`` of the examples: a port of this machine that leads to a private server's socket."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(("127.0.0.1", 0), _Way)
        self.path = str(instance.socket_directory / ".s.PGSQL.5432")
        self.port = self.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Way(socketserver.BaseRequestHandler):
    """One connection, until either side has had enough."""

    server: _Host

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as there, contextlib.suppress(OSError):
            there.connect(self.server.path)
            other = {self.request: there, there: self.request}
            while True:
                for end in select.select(list(other), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)


@pytest.fixture(scope="module")
def environment(server: Callable[[int], Instance]) -> Iterator[dict[str, str]]:
    """A server with the databases and the roles of the examples, reached by the names that they use."""
    instance = server(18)
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        for role, rights in ROLES.items():
            connection.execute(
                sql.SQL("create role {} login password {} " + rights).format(sql.Identifier(role), PASSWORD)  # type: ignore[arg-type]
            )
        for name in DATABASES:
            connection.execute(sql.SQL("create database {} owner owner").format(sql.Identifier(name)))
    with _Host(instance) as host:
        yield {
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(host.port),
            "PGPASSWORD": PASSWORD,
            "PGSSLMODE": "disable",
            "PGGSSENCMODE": "disable",
        }
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        for each in connection.execute("select rolname from pg_roles where rolname ~ '^pgclinic_mon'").fetchall():
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(each[0])))
        for role in ROLES:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


@pytest.fixture(scope="module")
def kept(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the examples read."""
    folder = tmp_path_factory.mktemp("kept")
    with psycopg.connect(
        host="db",
        hostaddr="127.0.0.1",
        port=environment["PGPORT"],
        user="owner",
        dbname="shop",
        password=PASSWORD,
        sslmode="disable",
        autocommit=True,
    ) as connection:
        connection.execute(SCHEMA)  # type: ignore[arg-type]
        for number in range(30):
            connection.execute(QUERY.replace("$1", "%s"), [number])  # type: ignore[arg-type]
    (folder / "services").write_text(
        "".join(f"[{name}]\nhost=db\nuser=app\ndbname=shop\n" for name in ("shop", "copy"))
    )
    (folder / "queries").mkdir()
    (folder / "queries" / "orders.sql").write_text(TASK)
    (folder / "slow.sql").write_text(QUERY)
    (folder / "0007_orders.sql").write_text(MIGRATION)
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0007_orders.sql").write_text(MIGRATION)
    (folder / "postgresql.csv").write_text(LOG)
    (folder / "postgresql.log").write_text(LOGGED_PLAN)
    (folder / "plan.txt").write_text(PLAN)
    (folder / "plan.json").write_text('[{"Plan": {"Node Type": "Result", "Total Cost": 1, "Plan Rows": 1}}]')
    (folder / "monitor.txt").write_text("of-the-monitor\n")
    answer = _run("pgclinic snapshot service=shop -o shop.pgclinic", folder, environment)
    assert answer.returncode == 0, answer.stderr
    for day in ("monday", "friday"):
        shutil.copy(folder / "shop.pgclinic", folder / f"{day}.pgclinic")
    answer = _run("pgclinic checkup shop.pgclinic --format json -o monday.json", folder, environment)
    assert answer.returncode in {0, 1}, answer.stderr
    shutil.copy(folder / "monday.json", folder / "friday.json")
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    """A working directory with these files."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return tmp_path


def _run(command: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG") and name != "DATABASE_URL"}
    kept = {name: value for name, value in os.environ.items() if name.startswith("PGCLINIC_") and "URL" not in name}
    path = os.pathsep.join([str(PROGRAM.parent), os.environ.get("PATH", os.defpath)])
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {command}"],
        cwd=folder,
        env={**ours, **kept, **environment, "PATH": path, "PGSERVICEFILE": str(folder / "services")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("verb", _verbs())
def test_the_examples_of_a_verb_work_as_they_stand(verb: str, folder: Path, environment: dict[str, str]) -> None:
    text = subprocess.run([PROGRAM, verb, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    examples = list(_examples(text))
    assert examples
    if verb in {"treat", "undo"}:
        prescribed = _run("pgclinic prescribe service=shop -o treatment", folder, environment)
        assert prescribed.returncode == 0, prescribed.stderr
    for example in examples:
        if example in NOT_RUN:
            continue
        asks_a_server = any(word in example for word in ("@db/", " db ", "shop"))
        answer = _run(example, folder, environment if asks_a_server else {})
        fine = {0, 1} if verb in ILL else {0}
        assert answer.returncode in fine, f"{example}\n{answer.stdout}\n{answer.stderr}"
        assert "Traceback" not in answer.stderr


def test_what_is_not_run_is_still_an_example() -> None:
    found = set()
    for verb in _verbs():
        answer = subprocess.run([PROGRAM, verb, "--help"], capture_output=True, text=True, check=True, timeout=60)
        found |= set(_examples(answer.stdout))
    assert set(NOT_RUN) <= found
