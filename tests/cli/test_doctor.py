"""``pgclinic doctor``: which PostgreSQL would plan, and what it lacks."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Database

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]


def test_without_a_target_it_shows_the_machine(pgclinic: Any) -> None:
    answer = pgclinic("doctor")
    assert answer.returncode == 0
    assert "A private server starts" in answer.stdout
    assert "chosen, the newest" in " ".join(answer.stdout.split())
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_a_server_is_planned_for_by_its_own_major(pgclinic: Any, database_on_each: "Database") -> None:
    answer = pgclinic("doctor", database_on_each.conninfo, "--format", "json")
    document = json.loads(answer.stdout)
    assert document["planning"]["is_own_major"]
    assert f"PostgreSQL {database_on_each.major}." in document["planning"]["planned_by"]
    assert document["cores"] > 0
    assert document["planning"]["lacking"] == []
    assert answer.returncode == 0


def test_what_is_missing_of_a_database_is_named(pgclinic: Any, database: "Database", tmp_path: "Path") -> None:
    database.execute("create extension dblink")
    pgclinic("snapshot", database.conninfo, "-o", tmp_path / "file.pgclinic")
    answer = pgclinic("doctor", tmp_path / "file.pgclinic")
    assert answer.returncode == 1
    assert "extension dblink" in answer.stdout


def test_a_folder_for_servers_that_cannot_be_made_is_said(pgclinic: Any) -> None:
    answer = pgclinic("doctor", PGCLINIC_CACHE="/dev/null")
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "PGCLINIC_CACHE" in answer.stderr
