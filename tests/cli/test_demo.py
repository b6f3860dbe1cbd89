"""The whole loop as a newcomer runs it, at the scale for tests."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cache() -> Iterator[Path]:
    """A home for private servers that no other test uses, so that what is left in it is ours.

    Not below pytest's own folders: those are closed to the account that runs servers when root runs the tests.
    """
    with tempfile.TemporaryDirectory(prefix="pgclinic-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"


def servers(cache: Path) -> list[Path]:
    return list((cache / "instances").iterdir()) if cache.exists() else []


def wait_until_gone(cache: Path) -> None:
    deadline = time.monotonic() + 60
    while servers(cache):
        assert time.monotonic() < deadline, servers(cache)
        time.sleep(0.05)


def test_the_demo_goes_from_neglect_to_measured_cure(pgclinic: Run, cache: Path, tmp_path: Path) -> None:
    arguments = ("demo", "--scale", "small", "--json", "result.json", "--report", "r.html")
    answer = pgclinic(*arguments, PGCLINIC_CACHE=str(cache), XDG_STATE_HOME="/proc/closed")
    assert answer.returncode == 0, answer.stderr
    wait_until_gone(cache)

    result = json.loads((tmp_path / "result.json").read_text())
    before, after = result["grade"]["before"], result["grade"]["after"]
    assert result["grade"]["score_after"] > result["grade"]["score_before"]
    statements = {statement["name"]: statement for statement in result["statements"]}
    for name in ("phone search", "log by call id", "leads by status"):
        assert statements[name]["p50_ms"]["after"] < statements[name]["p50_ms"]["before"]
    for statement in statements.values():
        assert set(statement["p50_ms"]) == set(statement["p95_ms"]) == set(statement["p99_ms"]) == {"before", "after"}
        for side in ("before", "after"):
            calls = statement["calls"][side]
            assert (statement["p95_ms"][side] is None) == (calls < 20)
            assert (statement["p99_ms"][side] is None) == (calls < 100)
        assert statement["equal_results"] is not False
    assert {"dashboard page", "phone search", "P95 of all queries", "cache hit", "dead rows", "grade"} <= {
        row["name"] for row in result["rows"]
    }

    assert answer.stdout.startswith(f"Grade  {before} ")
    assert f"→  {after} " in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80
    assert "<svg" in (tmp_path / "r.html").read_text()
    up = (tmp_path / "pgclinic-demo" / "up.sql").read_text()
    kinds = [prescription["kind"] for prescription in result["prescriptions"]]
    assert up.count("create index concurrently") == kinds.count("create_index") > 0
    assert (tmp_path / "pgclinic-demo" / "down.sql").read_text().count("drop index concurrently") == up.count(
        "create index concurrently "
    )


def test_a_kept_server_can_be_looked_into_and_stopped_as_the_demo_says(
    pgclinic: Run, cache: Path, tmp_path: Path
) -> None:
    answer = pgclinic("demo", "--scale", "small", "--keep", PGCLINIC_CACHE=str(cache))
    assert answer.returncode == 0, answer.stderr
    conninfo = re.search(r"psql '(.*)'", answer.stderr)
    stop = re.search(r"kill -INT (\d+)", answer.stderr)
    assert conninfo
    assert stop
    try:
        with psycopg.connect(conninfo[1]) as connection:
            row = connection.execute("select count(*) from vapi_calls").fetchone()
            assert row == (30_000,)
        checked = pgclinic("checkup", conninfo[1], "--format", "json")
        assert checked.returncode in {0, 1}, checked.stderr
        assert json.loads(checked.stdout)["database"] == "fortin"
        undone = pgclinic("undo", conninfo[1], "--purge", "--yes", XDG_STATE_HOME=str(tmp_path))
        assert undone.returncode == 0, undone.stderr
    finally:
        os.kill(int(stop[1]), signal.SIGINT)
    wait_until_gone(cache)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9), (signal.SIGTERM, -15)])
@pytest.mark.parametrize("after", ["is running", "loaded"])
def test_however_it_ends_nothing_is_left(
    program: Path, cache: Path, tmp_path: Path, how: signal.Signals, code: int, after: str
) -> None:
    with subprocess.Popen(
        [program, "demo", "--scale", "small"],
        cwd=tmp_path,
        env={**os.environ, "PGCLINIC_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if after in line:
                break
        assert len(servers(cache)) == 1
        time.sleep(1)
        process.send_signal(how)
        errors = process.stderr.read()
        assert process.wait(30) == code, errors
        assert "Traceback" not in errors
    wait_until_gone(cache)
    if how is signal.SIGINT:
        assert "interrupted" in errors


def test_the_cure_is_shown_on_a_dashboard_while_it_happens(program: Path, cache: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [program, "demo", "--scale", "small", "--watch", "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        env={**os.environ, "PGCLINIC_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        address = next(line.split()[-1] for line in process.stderr if line.startswith("viewer"))
        entered = httpx.get(address)
        try:
            with httpx.Client(cookies=entered.cookies, base_url=address.partition("/enter")[0], timeout=60) as browser:
                deadline = time.monotonic() + 240
                while not (databases := browser.get("/api/databases").json())[0]["grade"]:
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
                key = databases[0]["key"]
                # Between two looks, whoever happens to be connected at them.
                while not (curves := browser.get(f"/api/databases/{key}/history?names=transactions_per_s").json()):
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
                assert max(curves[0]["values"]) > 1
                assert browser.get(f"/databases/{key}/").status_code == 200
        finally:
            process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
        assert process.wait(60) == 130, errors
        assert "Traceback" not in errors
    wait_until_gone(cache)
