"""What a snapshot states about types and names never becomes SQL that it did not have to be."""

from typing import TYPE_CHECKING

import msgspec
import pytest

from advising import advised, case_of, prescribed

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

HOSTILE = ("int); drop table t; select (1", "int, 1); select (2", "text collate x", "", "int[] -- ", "(select 1)")


def test_a_type_that_is_more_than_a_type_is_not_written_into_a_function(database: "Database") -> None:
    database.execute("create table t (a text primary key, b text)")
    statements = (
        ("single_row_writes", "insert into t (a, b) values ($1, $2) on conflict (a) do update set b = t.b returning *"),
        ("catch_all_predicate", "select a, b from t where ($1::text is null or b = $1) and a = $2"),
        ("n_plus_one", "select b from t where a = $1"),
        ("deep_offset", "select b from t order by a limit 10 offset $1"),
        ("", "select b from t where a::text = $1"),
    )
    case = case_of(database, *statements)
    for hostile in HOSTILE:
        columns = tuple(msgspec.structs.replace(column, type=hostile) for column in case.snapshot.columns)
        altered = msgspec.structs.replace(case, snapshot=msgspec.structs.replace(case.snapshot, columns=columns))
        for name in ("batched_writes", "n_plus_one", "search_function"):
            for event in advised(name, altered):
                assert "drop table" not in repr(event)
                assert "select (2" not in repr(event)


def test_a_column_without_a_name_ends_no_visit(database: "Database") -> None:
    database.execute("create table t (a text primary key, b text not null)")
    case = case_of(
        database,
        ("catch_all_predicate", "select * from t where $1::text is null or a = $1"),
        ("deep_offset", "select * from t order by b limit 10 offset $1"),
    )
    columns = tuple(
        msgspec.structs.replace(column, name="") if column.name == "b" else column for column in case.snapshot.columns
    )
    altered = msgspec.structs.replace(case, snapshot=msgspec.structs.replace(case.snapshot, columns=columns))
    assert prescribed("search_function", altered) == []
    assert prescribed("keyset_paging", altered) == []
