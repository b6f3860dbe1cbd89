"""Every database of a server in one run, as the command line does it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgclinic.instance import Instance, start
from pgclinic.model.snapshot_file import read

if TYPE_CHECKING:
    from tests.conftest import Servers

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]
Run = Callable[..., subprocess.CompletedProcess[str]]
ODD = "../a b:ü\n%.é"


@pytest.fixture(scope="module")
def instance(server: "Servers") -> Iterator[Instance]:
    with start(server(18).binaries, settings={"shared_preload_libraries": "pg_stat_statements"}) as running:
        with psycopg.connect(running.conninfo(), autocommit=True) as connection:
            connection.execute("create role visitor login password 'pw' in role pg_monitor, pg_read_all_data bypassrls")
            for name in ("shop", "closed", "rdsadmin", "..", ODD):
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
                with psycopg.connect(running.conninfo(name), autocommit=True) as inside:
                    inside.execute("create extension pg_stat_statements")
            connection.execute("revoke connect on database closed from public")
        with psycopg.connect(running.conninfo("shop"), autocommit=True) as connection:
            connection.execute("create table t (a int); insert into t select generate_series(1, 20000)")
            connection.execute("create table ill (a int) with (autovacuum_enabled = off)")
            connection.execute("insert into ill select generate_series(1, 20000)")
        yield running


@pytest.fixture
def run(instance: Instance, pgclinic: Run) -> Run:
    conninfo = make_conninfo(instance.conninfo(), user="visitor", password="pw")
    return lambda verb, *rest: pgclinic(verb, conninfo, "--all-databases", *rest)


def test_texts_follow_each_other_with_a_line_each_at_the_end(run: Run) -> None:
    done = run("checkup")
    text, _, summary = done.stdout.rpartition("Databases")
    assert text.count("of 100") == 4
    assert "shop" in summary
    assert "closed could not be entered: Cannot connect to closed" in summary
    assert "rdsadmin" not in done.stdout
    assert "\n%.é" not in done.stdout
    assert done.returncode == (1 if "warning" in summary or "critical" in summary else 2)


def test_json_is_one_document(run: Run) -> None:
    document = json.loads(run("checkup", "--format", "json").stdout)
    assert [each["database"] for each in document["databases"]] == sorted(["..", ODD, "postgres", "shop"])
    [refused] = document["not_entered"]
    assert refused["database"] == "closed"
    assert document["contract_version"] == "1"


def test_a_file_each(run: Run, tmp_path: Path) -> None:
    refused = run("checkup", "--format", "html")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "give a folder with -o" in refused.stderr
    done = run("checkup", "--format", "html", "-o", str(tmp_path / "pages"))
    names = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert names == ["%2E%2E.html", "..%2Fa b%3A%C3%BC%0A%25.%C3%A9.html", "postgres.html", "shop.html"]
    assert "closed could not be entered" in done.stdout


def test_snapshots_go_into_a_folder(run: Run, tmp_path: Path) -> None:
    done = run("snapshot", "-o", str(tmp_path / "visits"))
    assert done.returncode == 2
    assert "closed could not be entered: Cannot connect to closed" in done.stderr
    snapshots = {read(path).server.database for path in (tmp_path / "visits").iterdir()}
    assert snapshots == {"postgres", "shop", "..", ODD}
    assert {path.suffix for path in (tmp_path / "visits").iterdir()} == {".pgclinic"}


def test_a_file_has_no_databases(run: Run, pgclinic: Run, tmp_path: Path) -> None:
    assert run("snapshot", "-o", str(tmp_path / "visits")).returncode == 2
    done = pgclinic("checkup", tmp_path / "visits" / "shop.pgclinic", "--all-databases")
    assert done.returncode == 2
    assert "needs a running server" in done.stderr
