"""Two visits compared, as a user does it, on real servers."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

_TABLES = """
    create extension pg_stat_statements;
    create table orders (id bigint primary key, customer bigint, note text);
    insert into orders select n, n % 1000, repeat('x', 50) from generate_series(1, 50000) n;
    analyze
"""
_CHANGES = """
    create index orders_customer on orders (customer);
    alter table orders add column paid boolean;
    insert into orders select n, n % 1000, repeat('x', 50) from generate_series(50001, 100000) n;
    analyze
"""


def _run(database: Any, script: str) -> None:
    for statement in script.split(";"):
        database.execute(statement)


def _ask(database: Any, statement: str, times: int) -> None:
    with database.connect() as connection:
        for number in range(times):
            connection.execute(statement, [number]).fetchall()


@pytest.mark.server
@pytest.mark.end_to_end
def test_a_statement_that_an_index_made_quicker_and_what_else_changed(pgclinic: Run, database_on_each: Any) -> None:
    database = database_on_each
    _run(database, _TABLES)
    _ask(database, "select * from orders where customer = %s", 40)
    assert pgclinic("snapshot", database.conninfo, "-o", "a.pgclinic").returncode == 0
    _run(database, _CHANGES)
    _ask(database, "select * from orders where customer = %s", 60)
    live = pgclinic("compare", "a.pgclinic", database.conninfo, "--format", "json")
    document = json.loads(live.stdout)
    assert live.returncode == int(document["is_worse"])
    (faster,) = [each for each in document["statements"] if "customer" in each["text"] and each["trend"] == "better"]
    assert (faster["calls_before"], faster["calls_after"]) == (40, 60)
    assert faster["times"] < 0.5
    assert {(each["change"], each["object"]["kind"], each["object"]["name"]) for each in document["schema"]} == {
        ("added", "index", "orders_customer"),
        ("added", "column", "paid"),
    }
    sizes = {each["object"]["name"]: each for each in document["sizes"]}
    assert sizes["orders"]["after"] > 1.9 * sizes["orders"]["before"]
    assert {fact["name"]: fact["value"] for fact in document["activity"]}["rows_inserted"] >= 50_000
    assert not any("anew" in remark for remark in document["remarks"])

    database.execute("select pg_stat_statements_reset(), pg_stat_reset()")
    _ask(database, "select * from orders where customer = %s", 30)
    assert pgclinic("snapshot", database.conninfo, "-o", "c.pgclinic").returncode == 0
    after_reset = json.loads(pgclinic("compare", "a.pgclinic", "c.pgclinic", "--format", "json").stdout)
    assert sum("began anew" in remark for remark in after_reset["remarks"]) == 2
    assert after_reset["activity"] == []
    (faster,) = [each for each in after_reset["statements"] if each["fingerprint"] == faster["fingerprint"]]
    assert faster["calls_after"] == 30


@pytest.mark.server
@pytest.mark.end_to_end
def test_reports_snapshots_and_formats(pgclinic: Run, database: Any, tmp_path: Path) -> None:
    database.execute("create table t (id int primary key)")
    assert pgclinic("snapshot", database.conninfo, "-o", "a.pgclinic").returncode == 0
    database.execute("insert into t select generate_series(1, 5000)")
    for name, target in (("a", "a.pgclinic"), ("b", database.conninfo)):
        pgclinic("checkup", target, "--format", "json", "-o", f"{name}.json")
    for sides in (("a.json", "b.json"), ("a.pgclinic", "b.json"), ("a.json", database.conninfo)):
        answer = pgclinic("compare", *sides)
        assert answer.returncode == 1, answer.stderr
        assert "new           warning  never_analysed  table public.t" in answer.stdout
        assert answer.stderr == ""
    by_options = pgclinic("compare", "a.json", PGCLINIC_DATABASE_URL=database.conninfo)
    assert by_options.returncode == 1
    same = pgclinic("compare", "b.json", "b.json")
    assert same.returncode == 0
    assert "as before" in same.stdout.splitlines()[0]
    assert pgclinic("compare", "a.json", "b.json", "--format", "html", "-o", "page.html").returncode == 1
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert pgclinic("compare", "a.json", "b.json", "--format", "markdown").stdout.startswith("## test\\_")
    backwards = pgclinic("compare", "b.json", "a.json")
    assert backwards.returncode == 2
    assert "give the earlier one first" in backwards.stderr


@pytest.mark.server
@pytest.mark.end_to_end
def test_different_databases_are_refused(pgclinic: Run, database_on: Any) -> None:
    one, other = database_on(18), database_on(18)
    for name, database in (("a", one), ("b", other)):
        assert pgclinic("snapshot", database.conninfo, "-o", f"{name}.pgclinic").returncode == 0
    answer = pgclinic("compare", "a.pgclinic", "b.pgclinic")
    assert answer.returncode == 2
    assert f"different databases, {one.name} and {other.name}" in answer.stderr


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not a JSON document"),
        (b"{}", "is JSON but no report of a checkup"),
        (b'{"items": []}', "is JSON but no report of a checkup"),
        (
            b'{"contract_version": "99", "grade": {}, "findings": [], "seen_at": ""}',
            "has contract version '99' and this pgclinic reads",
        ),
        (b'{"contract_version": "1", "grade": {}, "findings": [], "seen_at": "x"}', "is damaged"),
        (b"hello", "not a pgclinic snapshot"),
        (b"", "the snapshot"),
    ],
)
def test_files_that_are_no_visit(pgclinic: Run, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    answer = pgclinic("compare", "./a.json", "./a.json")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "a.json" in answer.stderr
    assert said in answer.stderr.replace("The snapshot", "the snapshot")


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "A is missing"),
        (["postgresql://a@b/c", "postgresql://a@b/c"], "A has to be a visit that was kept"),
        (["missing.json", "missing.json"], "There is no file missing.json"),
    ],
)
def test_what_is_no_visit_is_said(pgclinic: Run, arguments: list[str], said: str) -> None:
    answer = pgclinic("compare", *arguments)
    assert answer.returncode == 2
    assert said in answer.stderr
