"""Texts searched for in the middle: the extension with its index where the server has it, the reason where not."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

import renaming
from advising import advised, case_of, prescribed
from pgclinic.advise.case import Case
from pgclinic.model.prescription import Declined
from pgclinic.model.treatment import State
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import course_of

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

_SEARCH = "select id from letters where body like '%' || $1 || '%'"
_INSTALLED = """
    select extname, nspname from pg_extension e join pg_namespace n on n.oid = extnamespace where extname ~ 'trgm'
"""


def letters(database: "Database") -> Case:
    with database.connect() as connection:
        connection.execute("create table letters (id int primary key, body text)")
        connection.execute("insert into letters select n, repeat(md5(n::text), 8) from generate_series(1, 20000) n")
        connection.execute("vacuum analyze letters")
    return case_of(database, ("leading_wildcard", _SEARCH))


def test_the_extension_comes_first_and_the_planner_uses_its_index(database_on_each: "Database", tmp_path: Path) -> None:
    database = database_on_each
    found = prescribed("trigrams", letters(database))
    assert [each.kind for each in found] == ["create_extension", "create_index"]
    extension, index = found
    assert index.requires == (extension.fingerprint,)
    (gain,) = index.gains
    assert gain.cost_after < gain.cost_before / 2
    treatment = drive(treat(database.conninfo, course_of(database, *found), journals=tmp_path))
    assert {entry.state for entry in treatment.entries} == {State.DONE}
    assert database.execute(_INSTALLED) == [("pg_trgm", "public")]
    plan = database.execute("explain select id from letters where body like '%' || 'c4ca4238a' || '%'")
    assert index.object.name in str(plan)
    drive(undo(database.conninfo))
    assert database.execute(_INSTALLED) == []


def test_where_it_is_installed_the_index_adviser_speaks(database: "Database") -> None:
    database.execute("create extension pg_trgm")
    assert advised("trigrams", letters(database)) == []


@pytest.mark.parametrize("asks", [True, False])
def test_a_server_without_its_files_is_told_apart_from_one_that_was_not_asked(
    database: "Database", *, asks: bool
) -> None:
    case = letters(database)
    header = case.snapshot.header
    probes = header.probes if asks else tuple(each for each in header.probes if each != "available_extensions")
    snapshot = msgspec.structs.replace(
        case.snapshot, available_extensions=(), header=msgspec.structs.replace(header, probes=probes)
    )
    (declined,) = advised("trigrams", msgspec.structs.replace(case, snapshot=snapshot))
    assert isinstance(declined, Declined)
    assert ("postgresql-contrib" in declined.reason) is asks
    assert ("did not ask" in declined.reason) is not asks


def test_renaming_everything_gives_the_same(database: "Database") -> None:
    case = letters(database)
    other, names = renaming.renamed(case.snapshot)
    (statement,) = case.workload.statements
    renamed = renaming._in_sql(statement.sql, names)
    again = msgspec.structs.replace(
        case,
        snapshot=other,
        workload=msgspec.structs.replace(
            case.workload, statements=(msgspec.structs.replace(statement, sql=renamed, name=renamed),)
        ),
    )
    found = prescribed("trigrams", case)
    assert [each.gains for each in found][1][0].cost_after == prescribed("trigrams", again)[1].gains[0].cost_after


def test_a_small_table_needs_none(database: "Database") -> None:
    database.execute("create table letters (id int primary key, body text)")
    database.execute("insert into letters select n, 'x' from generate_series(1, 50) n")
    database.execute("analyze letters")
    (declined,) = advised("trigrams", case_of(database, ("leading_wildcard", _SEARCH)))
    assert isinstance(declined, Declined)
    assert "no cheaper" in declined.reason
