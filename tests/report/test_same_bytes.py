"""The same snapshot gives the same bytes, in every format and language, whoever reads it and wherever."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.cli.commands.checkup import Format, _document
from pgclinic.cli.languages import Lang
from pgclinic.model.snapshot_file import read, write
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report.language import language
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

SCHEMA = """
create extension pg_stat_statements;
create table "Käse" (id int primary key, a text, b int);
create table child (id int primary key, parent int references "Käse");
create index one on "Käse" (b);
create index two on "Käse" (b);
create view v as select a, count(*) from "Käse" group by a;
alter table "Käse" enable row level security;
create policy own on "Käse" using (a = current_user);
insert into "Käse" select g, 'a' || g % 7, g % 100 from generate_series(1, 20000) g;
insert into child select g, g from generate_series(1, 20000) g;
delete from "Käse" where id in (select g from generate_series(10001, 20000) g) and id not in (select parent from child);
analyze "Käse";
"""

pytestmark = pytest.mark.server


@pytest.fixture
def visited(database_on_each: "Database") -> "Database":
    database_on_each.execute(SCHEMA)
    with psycopg.connect(database_on_each.conninfo, autocommit=True) as connection:
        for number in range(120):
            connection.execute('select count(*) from "Käse" where b = %s', [number])
    return database_on_each


def test_live_and_from_a_file_every_format_is_the_same(visited: "Database", tmp_path: Path) -> None:
    with open_session(visited.conninfo) as connection:
        live = drive(collect(connection))
    file = tmp_path / "visit.pgclinic"
    file.write_bytes(b"".join(write(live)))
    again = read(file)
    assert again == live
    assert b"".join(write(again)) == file.read_bytes()
    for spoken in Lang:
        for form in Format:
            documents = {
                _document(drive(checkup(snapshot)), form, language(spoken), is_file=True) for snapshot in (live, again)
            }
            assert len(documents) == 1, (form, spoken)


def test_another_machine_writes_the_same(visited: "Database", tmp_path: Path) -> None:
    """Two processes that share nothing: other hash seeds, time zones, locales, folders, terminals, environments."""
    with open_session(visited.conninfo) as connection:
        snapshot = drive(collect(connection))
    places = []
    for name, environment in {
        "here": {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "COLUMNS": "80", "HOME": "/nonexistent"},
        "there": {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LINES": "9", "USER": "x"},
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "visit.pgclinic").write_bytes(b"".join(write(snapshot)))
        places.append((folder, {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environment}))
    program = Path(sys.executable).with_name("pgclinic")
    for form in Format:
        for spoken in Lang:
            arguments = [program, "checkup", "visit.pgclinic", "--format", form.value, "--lang", spoken.value]
            answers = [
                subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, check=False)
                for folder, environment in places
            ]
            assert {answer.returncode for answer in answers} <= {0, 1}, answers[0].stderr
            assert answers[0].stdout
            assert answers[0].stdout == answers[1].stdout, (form, spoken)
