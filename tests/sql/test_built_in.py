"""Whether what is said to be immutable is so on every server: each goes into an index there."""

from collections.abc import Iterator

import pytest

from conftest import Database
from pgclinic.sql.built_in import FUNCTIONS, OPERATORS, family_of
from pgclinic.sql.immutable import Catalog, type_of

pytestmark = pytest.mark.server

COLUMNS = {
    "c_text": "text",
    "c_number": "integer",
    "c_date": "date",
    "c_timestamp": "timestamp without time zone",
    "c_timestamptz": "timestamp with time zone",
    "c_jsonb": "jsonb",
    "c_json": "json",
    "c_tsvector": "tsvector",
    "c_bytea": "bytea",
    "c_interval": "interval",
    "c_hstore": "hstore",
    "c_array": "text[]",
}
_SPECIAL = {"extract": "extract(year from {1})", "position": "position({0} in {1})"}
_OPERANDS = {"regconfig": "'english'::regconfig", "text[]": "c_array"}
_UNINDEXED = frozenset({"json", "jsonb", "tsvector", "xml"})


def expressions() -> Iterator[tuple[str, str]]:
    """An expression for each entry, and the family of its result."""
    for (name, arguments), result in FUNCTIONS.items():
        operands = [_OPERANDS.get(each, f"c_{each}") for each in arguments]
        if name == "setweight":
            operands[1] = "'A'"
        call = _SPECIAL.get(name, f"{name}({', '.join(operands)})").format(*operands)
        yield call, "number" if result == "same" else family_of(result)
    for (left, operator, right), result in OPERATORS.items():
        operands = [_OPERANDS.get(each, f"c_{each}") for each in (left, right)]
        yield f"{operands[0]} {operator} {operands[1]}", "number" if result == "same" else family_of(result)


CASTS = [
    "c_text::integer",
    "c_text::numeric",
    "c_text::uuid",
    "c_number::text",
    "c_text::boolean",
    "c_date::timestamp",
    "c_timestamp::date",
    "(c_jsonb ->> 'k')::bigint",
    "c_number::boolean",
    "coalesce(c_text, 'x')",
    "greatest(c_number, 5)",
    "nullif(c_text, '')",
    "(c_timestamptz at time zone 'UTC')::date",
    "c_text in ('a', 'b')",
    "c_text like 'a%'",
    "c_date = '2026-01-01'",
    "c_number between 1 and 2",
    "c_text is not null and not c_number > 5",
    "c_timestamp > c_date",
    "c_jsonb::text",
]
CHANGING = [
    "date(c_timestamptz)",
    "c_timestamptz::date",
    "c_text::date",
    "c_text::timestamptz",
    "c_date::text",
    "date_trunc('day', c_timestamptz)",
    "extract(hour from c_timestamptz)",
    "to_tsvector(c_text)",
    "concat(c_text, 'x')",
    "to_char(c_timestamp, 'YYYY')",
    "now()",
    "c_timestamptz > '2026-01-01'::timestamp",
    "c_timestamptz + interval '1 day'",
    "c_timestamptz > c_date",
    "c_text || c_date",
    "random() + c_number",
]


@pytest.fixture
def table(database_on_every: Database) -> Database:
    database_on_every.execute("create extension hstore")
    database_on_every.execute(f"create table t ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
    return database_on_every


def test_what_is_immutable_goes_into_an_index(table: Database) -> None:
    catalog = Catalog(COLUMNS)
    with table.connect() as connection:
        for expression, family in (*expressions(), *((each, "") for each in CASTS)):
            said = type_of(expression, catalog)
            assert said is not None, expression
            key = f"({expression}) is null" if family in _UNINDEXED else expression
            connection.execute(f"create index on t (({key}))".encode())
            one_row = "(values (1)) as one (row) left join t on true"
            ((real,),) = connection.execute(f"select pg_typeof({expression})::text from {one_row}".encode()).fetchall()
            assert family_of(real) == family_of(said) == (family or family_of(said)), expression


@pytest.mark.parametrize("expression", CHANGING)
def test_what_depends_on_settings_does_not(expression: str) -> None:
    assert type_of(expression, Catalog(COLUMNS)) is None


def test_the_users_own_functions_count_as_declared() -> None:
    assert type_of("mine(c_text)", Catalog(COLUMNS, {"mine": "text"})) == "text"
    assert type_of("mine(c_text)", Catalog(COLUMNS)) is None
    assert type_of("pg_catalog.mine(c_text)", Catalog(COLUMNS, {"mine": "text"})) is None
