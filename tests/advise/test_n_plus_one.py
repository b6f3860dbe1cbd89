"""A look-up of many keys returns what the single ones return, in their order, on real servers."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import msgspec
import pytest

from advising import Values, advised, case_of, one_by_one, prescribed, together
from pgclinic.advise.case import Case
from pgclinic.model.evidence import Fact
from pgclinic.sql.statements import fingerprint

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create table owners (id integer primary key, code text unique, place text);
    create table pets (id integer primary key, owner integer references owners, code text, key text, born date,
                       asked integer);
    insert into owners select n, 'c' || n, 'here' from generate_series(1, 3000) n;
    insert into pets
    select n, nullif(n % 500, 0), 'c' || n % 300, nullif('k' || n % 7, 'k3'), date '2020-01-01' + n % 5, n % 3
    from generate_series(1, 3000) n;
    analyze;
"""
LISTING = "select id, code from owners order by id limit $1"
LOOKUPS = (
    "select id, owner, key from pets where owner = $1 order by born desc, key nulls first, id",
    "select * from pets where $1::integer = owner order by id",
    "select p.code, lower(p.key) as low, p.id from pets as p where p.code = $1 order by low, 3 limit 2",
    "select code, id from pets where code = $1 order by id desc limit $2 offset 1",
    "select asked, pets.code, id as place from pets where pets.code = $1 order by place",
)


def case_with(database: "Database", *lookups: str, listing: str = LISTING) -> Case:
    case = case_of(database, ("", listing), *(("n_plus_one", sql) for sql in lookups))
    fact = Fact("listing", fingerprint(listing))
    findings = tuple(msgspec.structs.replace(each, facts=(*each.facts, fact)) for each in case.findings)
    statements = tuple(
        msgspec.structs.replace(each, rows=20.0 if each.sql == listing else 2.0) for each in case.workload.statements
    )
    workload = msgspec.structs.replace(case.workload, statements=statements)
    return msgspec.structs.replace(case, workload=workload, findings=findings)


@pytest.mark.parametrize("major", [15, 17, 18])
def test_many_keys_give_the_rows_of_single_keys_in_their_order(
    database_on: Callable[[int], "Database"], major: int
) -> None:
    database = database_on(major)
    database.execute(SCHEMA)
    found = prescribed("n_plus_one", case_with(database, *LOOKUPS))
    assert len(found) == len(LOOKUPS)
    random = Random(1)
    with database.connect() as connection:
        for sql, item in zip(LOOKUPS, found, strict=True):
            more = ("2",) if "$2" in sql else ()
            prefix = "c" if ".code =" in sql or " code =" in sql else ""
            calls: list[Values] = [(f"{prefix}{random.randint(1, 600)}", *more) for _ in range(19)]
            calls[3:5] = [(None, *more), calls[0]]
            (mapping,) = item.mappings
            assert (mapping.calls, mapping.equal_results) == (20, "hash")
            rows = one_by_one(connection, sql, calls)
            assert together(connection, mapping, calls) == rows != []


def test_a_key_that_is_not_among_the_columns_comes_last(database: "Database") -> None:
    database.execute(SCHEMA)
    sqls = ("select id from pets where owner = $1 order by id", "select id from pets where owner = $1 limit 1")
    calls: list[Values] = [("7",), ("9",), ("7",)]
    for sql, item in zip(sqls, prescribed("n_plus_one", case_with(database, *sqls)), strict=True):
        assert item.mappings[0].equal_results != "hash"
        with database.connect() as connection:
            rows = together(connection, item.mappings[0], calls)
            assert [row[:-1] for row in rows] == one_by_one(connection, sql, calls)
            assert {row[-1] for row in rows} == {7, 9}


def test_it_says_what_is_saved_and_how_the_rows_are_put_together(database: "Database") -> None:
    database.execute(SCHEMA)
    (item,) = prescribed("n_plus_one", case_with(database, LOOKUPS[0]))
    facts = {fact.name: fact.value for fact in item.facts}
    assert (facts["table"], facts["key"], facts["parent"]) == ("pets", "owner", "owners")
    assert (facts["calls"], facts["calls_saved"]) == (1000, 950)
    (gain,) = item.gains
    assert gain.cost_after < gain.cost_before
    assert item.application is not None
    code = {example.stack: example.code for example in item.application.examples}
    assert code.keys() == {"psycopg", "SQLAlchemy", "Django", "supabase-js", "Prisma"}
    scope: dict[str, object] = {"psycopg": __import__("psycopg"), "parents": [{"id": 1}, {"id": 2}, {"id": 777}]}
    with database.connect() as connection:
        exec(code["psycopg"], {**scope, "connection": connection}, scope)
    assert scope["by_key"].keys() == {1, 2}  # type: ignore[attr-defined]


def test_what_is_no_plain_lookup_is_left_alone(database: "Database") -> None:
    database.execute(SCHEMA)
    others = (
        "select count(*) from pets where owner = $1",
        "select * from pets where owner = $1 for update",
        "select * from pets where owner = $1 and code = $2",
        "select * from pets join owners on owners.id = owner where owner = $1",
        "select id, (select max(id) from owners) as m from pets where owner = $1",
        "select distinct key from pets where owner = $1",
        "select * from pets where owner > $1",
    )
    assert advised("n_plus_one", case_with(database, *others)) == []
    assert advised("n_plus_one", case_of(database, ("", LOOKUPS[0]), ("", LISTING))) == []


def test_a_listing_that_hands_no_key_on_makes_no_prescription(database: "Database") -> None:
    database.execute(SCHEMA)
    case = case_with(database, LOOKUPS[0], listing="select place from owners limit $1")
    assert advised("n_plus_one", case) == []
