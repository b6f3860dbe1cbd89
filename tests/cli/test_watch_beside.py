"""``pgclinic watch`` with alerts, metrics and refreshes, run as a process."""

import json
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from conftest import Database

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.end_to_end


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook's URL and what it was told."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


def until(condition: Callable[[], Any], process: "subprocess.Popen[str]") -> Any:
    deadline = time.monotonic() + 120
    while not (found := condition()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def fetched(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError):
        return ""


@pytest.mark.server
def test_a_watch_alerts_serves_and_refreshes(
    database: Database, program: Path, tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    url, got = hook
    database.execute("create table t (n int); insert into t values (1)")
    database.execute("create materialized view sums as select sum(n) as n from t with no data")
    rules = tmp_path / "rules.toml"
    rules.write_text(f"[rules.blocker_chain]\nfires = '> 0.1 s'\nresolves = '<= 0.1 s'\n[[channels]]\nurl = '{url}'\n")
    arguments = ["--every", "10s", "--store", str(tmp_path / "h.db"), "--rules", str(rules), "--refresh"]
    arguments += ["--metrics", "127.0.0.1:0", "--checkup-at", "off"]
    process = subprocess.Popen(
        [program, "watch", database.conninfo, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr))  # type: ignore[arg-type]
    reader.start()
    try:
        lines = until(lambda: [line for line in said if "served on port" in line], process)
        address = f"http://127.0.0.1:{int(lines[0].split('port ')[1].split('.')[0])}"
        until(lambda: fetched(f"{address}/ready") == "ready\n", process)
        text = fetched(f"{address}/metrics")
        assert "pgclinic_connections_used_ratio{" in text
        assert "pgclinic_disk_free_bytes{" in text
        lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        assert (lint.returncode, lint.stdout + lint.stderr) == (0, "")
        until(lambda: 'outcome="refreshed"' in fetched(f"{address}/metrics"), process)
        target = text.split('pgclinic_up{target="')[1].split('"')[0]
        assert "probe_success 1.0" in fetched(f"{address}/probe?target={urllib.request.quote(target)}")
        with database.connect() as holder, database.connect() as waiter:
            holder.execute("begin; lock table t")
            thread = threading.Thread(target=waiter.execute, args=("select from t",))
            thread.start()
            until(lambda: got, process)
            holder.execute("rollback")
            thread.join()
        assert "blocker_chain warning" in got[0]["title"]
        until(lambda: len(got) > 1, process)
        assert "blocker_chain resolved" in got[1]["title"]
    finally:
        process.terminate()
        process.wait(60)
        reader.join()
        process.stderr.close()
        if process.stdout:
            process.stdout.close()
    assert process.returncode == 0, said
    assert not [line for line in said if "Traceback" in line]
    assert database.execute("select n from sums") == [(1,)]


def test_a_trial_says_which_channel_works(
    pgclinic: Run, tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    url, got = hook
    (tmp_path / "rules.toml").write_text(
        "[[channels]]\nname = 'good'\nurl = '${HOOK}'\n[[channels]]\nname = 'bad'\nurl = 'json://me:s3cr3t@127.0.0.1:9'\n"
    )
    done = pgclinic("watch", "--rules", "rules.toml", "--test-alert", HOOK=url)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "good: works"
    assert done.stdout.splitlines()[1].startswith("bad: failed: ")
    assert "s3cr3t" not in done.stdout + done.stderr
    assert got[0]["title"] == "pgclinic: a trial"


def test_what_is_shipped_is_printed(pgclinic: Run) -> None:
    assert "[rules.p95]" in pgclinic("watch", "--print-rules").stdout
    assert json.loads(pgclinic("watch", "--print-file", "grafana").stdout)["title"] == "pgclinic"
    assert "PgclinicDiskFull" in pgclinic("watch", "--print-file", "prometheus").stdout


@pytest.mark.server
def test_sql_for_pg_cron_is_printed(pgclinic: Run, database: Database) -> None:
    database.execute("create materialized view sums as select 1 as n")
    done = pgclinic("watch", database.conninfo, "--print-cron")
    assert done.returncode == 0, done.stderr
    assert "select cron.schedule('pgclinic refresh public.sums'" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--rules", "none.toml"), "Cannot read the rules file none.toml"),
        (("--test-alert",), "There is no channel to try"),
        (("--metrics", "nowhere"), "--metrics: 'nowhere' is no address"),
    ],
)
def test_what_cannot_be_is_one_sentence(pgclinic: Run, arguments: tuple[str, ...], sentence: str) -> None:
    done = pgclinic("watch", "host=/nowhere dbname=x", "--store", "h.db", "--for", "1s", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.server
def test_a_worker_of_a_fleet_alerts_and_serves_metrics(
    database: Database, program: Path, tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    url, got = hook
    rules = tmp_path / "rules.toml"
    rules.write_text(f"[rules.blocker_chain]\nfires = '> 0.1 s'\nresolves = '<= 0.1 s'\n[[channels]]\nurl = '{url}'\n")
    database.execute("create table t (n int)")
    given = {name: str(value) for name, value in conninfo_to_dict(database.conninfo).items()}
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:*:{given.pop('password', '')}\n")
    passwords.chmod(0o600)
    store = f"postgresql://{given['user']}@/{given['dbname']}?host={given['host']}&port={given['port']}"
    arguments = ["--store", store, "--every", "10s", "--rules", str(rules), "--metrics", "127.0.0.1:0"]
    process = subprocess.Popen(
        [program, "fleet", make_conninfo(**given), *arguments, "--checkup-at", "off"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PGPASSFILE": str(passwords)},
    )
    assert process.stderr is not None
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr))  # type: ignore[arg-type]
    reader.start()
    try:
        lines = until(lambda: [line for line in said if "served on port" in line], process)
        address = f"http://127.0.0.1:{int(lines[0].split('port ')[1].split('.')[0])}"
        until(lambda: "pgclinic_connections_used_ratio{" in fetched(f"{address}/metrics"), process)
        with database.connect() as holder, database.connect() as waiter:
            holder.execute("begin; lock table t in access exclusive mode")
            thread = threading.Thread(target=lambda: waiter.execute("select count(*) from t"))
            thread.start()
            until(lambda: [each for each in got if "blocker" in json.dumps(each).lower()], process)
            holder.execute("rollback")
            thread.join()
    finally:
        process.terminate()
        process.wait(120)
        reader.join()
        process.stdout.close()  # type: ignore[union-attr]
        process.stderr.close()
    assert process.returncode == 0, said
