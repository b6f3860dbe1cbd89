"""``prescribe`` and ``whatif`` from the command line to their documents."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]


@pytest.fixture
def snapshot(pgclinic: Run, database: Any, tmp_path: Path) -> str:
    database.execute(
        "create table t as select g as a, g % 3000 as b, repeat('x', 100) as c from generate_series(1, 60000) g"
    )
    database.execute("create table u as select g as a from generate_series(1, 50000) g")
    database.execute("vacuum analyze")
    assert pgclinic("snapshot", database.conninfo, "-o", "shop.pgclinic").returncode == 0
    (tmp_path / "w.sql").write_text("select * from t where b = 5; select * from u where a = 7;")
    return "./shop.pgclinic"


def test_several_budgets_make_a_frontier_in_every_format(pgclinic: Run, snapshot: str, tmp_path: Path) -> None:
    answer = pgclinic(
        *("prescribe", snapshot, "--workload", "w.sql", "--budget", "700kB,8MB", "--budget", "1GB"),
        *("--explain-rejected", "-o", "cure", "--format", "json"),
    )
    assert answer.returncode == 0, answer.stderr
    document = json.loads(answer.stdout)
    points = document["workload"]["frontier"]
    assert [point["budget_bytes"] for point in points] == [700 << 10, 8 << 20, 1 << 30]
    assert all(point["lower_bound"] <= point["cost"] <= 1 for point in points)
    assert all(point["size_bytes"] <= point["budget_bytes"] for point in points)
    assert document["lower_bound"] == points[-1]["lower_bound"]
    assert document["optimality_gap"] == points[-1]["optimality_gap"]
    assert document["workload"]["rejected"]
    assert document["workload"]["is_deterministic"]
    assert sorted(file.name for file in (tmp_path / "cure").iterdir()) == [
        "down.sql",
        "prescription.html",
        "prescription.json",
        "up.sql",
    ]
    assert (tmp_path / "cure" / "prescription.json").read_text() == answer.stdout
    assert "What storage buys" in (tmp_path / "cure" / "prescription.html").read_text()


def test_limits_are_kept_and_an_unknown_table_is_said(pgclinic: Run, snapshot: str) -> None:
    limits = ("--exclude", "u", "--kinds", "btree", "--max-width", 1, "--only", "index", "--min-gain", "1%")
    answer = pgclinic("prescribe", snapshot, "--workload", "w.sql", "--format", "json", *limits)
    assert [item["table"]["name"] for item in json.loads(answer.stdout)["items"]] == ["t"]
    wrong = pgclinic("prescribe", snapshot, "--workload", "w.sql", "--exclude", "tt")
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1
    assert "There is no table tt in database" in wrong.stderr


def test_an_index_is_tried_for_a_query_of_a_file(pgclinic: Run, snapshot: str, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("select c from t where b = $1")
    arguments = ("whatif", snapshot, "--ddl", "create index on t (b)", "--query", "q.sql")
    text, document = pgclinic(*arguments), pgclinic(*arguments, "--format", "json")
    assert (text.returncode, text.stderr) == (0, "")
    assert "cheaper" in text.stdout
    (query,) = json.loads(document.stdout)["queries"]
    assert query["cost_after"] < query["cost_before"]
    coloured = pgclinic(*arguments, FORCE_COLOR="1")
    assert "\x1b[" in coloured.stdout
