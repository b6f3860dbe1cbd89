"""The code that is offered with a cure is run as it stands: psycopg, SQLAlchemy and Django; JavaScript is parsed."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from tests.advise import (
    test_batched_changes,
    test_batched_writes,
    test_keyset_paging,
    test_n_plus_one,
    test_rewrites,
    test_search_function,
)

from advising import case_of, prescribed
from pgclinic.model.prescription import Prescription

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

STACKS = ("psycopg", "SQLAlchemy", "Django")
_DJANGO = """
import datetime
from uuid import UUID

import django
from django.conf import settings
settings.configure(
    DATABASES={{"default": {{"ENGINE": "django.db.backends.postgresql", **{database!r}}}}}, USE_TZ=True, TIME_ZONE="UTC"
)
django.setup()
from django.db import connection, models

{code}
print(ascii(globals().get("found")))
"""


def code_of(item: Prescription) -> dict[str, str]:
    assert item.application is not None
    return {example.stack: example.code for example in item.application.examples}


def run(stack: str, code: str, conninfo: str, variables: Mapping[str, Any]) -> Any:
    """What the code leaves in ``found``, once what it wrote is committed."""
    scope = dict(variables)
    match stack:
        case "psycopg":
            with psycopg.connect(conninfo) as connection:
                exec(code, scope | {"psycopg": psycopg, "connection": connection}, scope)
        case "SQLAlchemy":
            engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo))
            with Session(engine) as session:
                exec(code, scope | {"session": session}, scope)
                session.commit()
            engine.dispose()
        case _:
            given = "\n".join(f"{name} = {value!r}" for name, value in variables.items())
            found = in_django(f"{given}\n{code}", conninfo)
            return eval(found, {"datetime": __import__("datetime"), "UUID": __import__("uuid").UUID})
    return scope.get("found")


def in_django(code: str, conninfo: str) -> str:
    """Django is set up once a process and for good, so it gets one of its own."""
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = conninfo_to_dict(conninfo)
    database = {name: str(given[key]) for key, name in names.items() if given.get(key) is not None}
    ended = subprocess.run(
        [sys.executable, "-c", _DJANGO.format(code=code, database=database)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


INSERT = "insert into stock (sku, amount, place) values ($1, $2, 'depot')"
ROWS = [{"sku": "a", "amount": 1}, {"sku": "b'b", "amount": None}, {"sku": "%(x)s", "amount": 3}]
UPSERT = test_batched_writes.COUNTER
COUNTED = [
    {"name": name, "day": "2026-01-01", "first_seen": seen} for name, seen in (("a", None), ("a", "x"), ("b", "y"))
]


@pytest.mark.parametrize(("sql", "rows", "table"), [(INSERT, ROWS, "stock"), (UPSERT, COUNTED, "counted")])
def test_batches_are_written_by_every_stack(
    database: "Database", sql: str, rows: list[dict[str, Any]], table: str
) -> None:
    database.execute(test_batched_writes.SCHEMA)
    (item,) = prescribed("batched_writes", case_of(database, ("single_row_writes", sql)))
    for statement in item.do:
        database.execute(statement.sql)
    code, left = code_of(item), []
    for stack in STACKS:
        run(stack, code[stack], database.conninfo, {"rows": rows})
        left.append(database.execute(f"select * from {table} order by {table}::text"))
        database.execute(f"delete from {table}")
    assert len(left[0]) == len({next(iter(row.values())) for row in rows})
    assert left[0] == left[1] == left[2]


@pytest.mark.parametrize("sql", [test_batched_changes.ADDED, test_batched_changes.GONE])
def test_changes_are_made_by_every_stack(database: "Database", sql: str) -> None:
    database.execute(test_batched_changes.SCHEMA)
    (item,) = prescribed("batched_writes", case_of(database, ("single_row_writes", sql)))
    for statement in item.do:
        database.execute(statement.sql)
    database.execute("create table kept as table visits")
    code, left = code_of(item), []
    for stack in STACKS:
        run(
            stack,
            code[stack],
            database.conninfo,
            {"rows": [{"hits": 5, "id": 3}, {"hits": 1, "id": 3}, {"hits": 2, "id": 7}]},
        )
        left.append(database.execute("select id, hits from visits order by id"))
        database.execute("delete from visits; insert into visits table kept")
    assert left[0] != database.execute("select id, hits from visits order by id")
    assert left[0] == left[1] == left[2]


def test_a_search_function_is_called_by_every_stack(database: "Database") -> None:
    database.execute(test_search_function.SCHEMA)
    (item,) = prescribed(
        "search_function", case_of(database, *test_search_function.both(test_search_function.OPTIONAL))
    )
    database.execute(item.do[0].sql)
    code = code_of(item)
    names = [line.split('"')[1] for line in code["psycopg"].splitlines() if 'search["' in line]
    search = dict(zip(names, ("place 8", None, None, "it's", 5), strict=True))
    found = [run(stack, code[stack], database.conninfo, {"search": search}) for stack in STACKS]
    assert len(found[0]) == 5
    assert [list(map(tuple, each)) for each in found[1:]] == [found[0]] * 2


def test_a_rewritten_statement_is_sent_by_every_stack(database: "Database") -> None:
    sql = "select id from trips t where $1::date >= date(t.at) and name is not null"
    database.execute(test_rewrites.SCHEMA)
    database.execute(
        "insert into trips select 5000 + n, gen_random_uuid(), 0, n, 'n', 1, 2, now(), now()"
        " from generate_series(1, 20000) n"
    )
    database.execute("analyze")
    (item,) = prescribed("rewrites", case_of(database, ("", sql)))
    code = code_of(item)
    found = [run(stack, code[stack], database.conninfo, {"value_1": "2026-11-01"}) for stack in STACKS]
    with database.connect() as connection:
        expected = psycopg.RawCursor(connection).execute(sql, ["2026-11-01"]).fetchall()
    assert found[0]
    assert [sorted(map(tuple, each)) for each in found] == [sorted(expected)] * 3


def test_pages_are_turned_by_every_stack(database: "Database") -> None:
    database.execute(test_keyset_paging.SCHEMA)
    (item,) = prescribed("keyset_paging", test_keyset_paging.deep(database, test_keyset_paging.OLDEST))
    for stack in STACKS:
        first, following = code_of(item)[stack].split("\n\n")
        page = run(stack, first, database.conninfo, {})
        after = run(stack, following, database.conninfo, {"last": tuple(page[-1])})
        expected = database.execute('select id, score from posts order by "At", part, id limit 40')
        assert [tuple(row)[:2] for row in (*page, *after)] == expected


class Base(DeclarativeBase):
    pass


class Owners(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[list["Pets"]] = relationship(order_by="Pets.id")


class Pets(Base):
    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))


_MODELS = """
class Owners(models.Model):
    class Meta:
        app_label, db_table, managed = "shop", "owners", False


class Pets(models.Model):
    owner_of = models.ForeignKey(Owners, models.DO_NOTHING, db_column="owner", related_name="pets", null=True)

    class Meta:
        app_label, db_table, managed = "shop", "pets", False


connection.force_debug_cursor = True
parents = {code}
found = sorted((each.id, pet.id) for each in parents for pet in each.pets.all())
found = found, len(connection.queries)
"""


def test_mappers_ask_twice_for_all_children(database: "Database") -> None:
    database.execute(test_n_plus_one.SCHEMA)
    (item,) = prescribed("n_plus_one", test_n_plus_one.case_with(database, test_n_plus_one.LOOKUPS[0]))
    code = code_of(item)
    expected = database.execute("select owner, id from pets where owner is not null order by 1, 2")
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database.conninfo))
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with Session(engine) as session:
        scope = {"session": session, "select": select, "selectinload": selectinload, "Owners": Owners}
        parents = eval(code["SQLAlchemy"].splitlines()[-1], scope).all()
        assert sorted((each.id, pet.id) for each in parents for pet in each.pets) == expected
    engine.dispose()
    # selectinload asks for 500 keys at a time: 1 + 3,000 / 500 instead of 1 + 3,000.
    assert len(asked) == 7
    found, queries = eval(in_django(_MODELS.replace("{code}", code["Django"].splitlines()[-1]), database.conninfo))
    assert found == expected
    assert queries == 2


@pytest.mark.skipif(shutil.which("node") is None, reason="node, which parses JavaScript, is not on this machine")
def test_javascript_can_be_parsed(database: "Database", tmp_path: Path) -> None:
    database.execute(test_batched_writes.SCHEMA)
    database.execute(test_search_function.SCHEMA.replace("create type mood as enum ('calm', 'cross');", ""))
    database.execute(test_keyset_paging.SCHEMA)
    database.execute(test_n_plus_one.SCHEMA)
    written = [test_batched_writes.PLAIN, test_batched_writes.COUNTER, test_batched_writes.NOTHING]
    found = [
        *prescribed("batched_writes", case_of(database, *(("single_row_writes", sql) for sql in written))),
        *prescribed("search_function", case_of(database, *test_search_function.both(test_search_function.OPTIONAL))),
        *prescribed("keyset_paging", test_keyset_paging.deep(database, test_keyset_paging.NEWEST)),
        *prescribed("n_plus_one", test_n_plus_one.case_with(database, *test_n_plus_one.LOOKUPS)),
    ]
    texts = [code for item in found for stack, code in code_of(item).items() if stack in {"Prisma", "supabase-js"}]
    assert len(texts) > 10
    # One page after the other, and both name what they find.
    blocks = [f"{{\n{part}\n}}" for text in texts for part in text.split("\n\n")]
    module = tmp_path / "examples.mjs"
    module.write_text("\n".join(blocks))
    parsed = subprocess.run(["node", "--check", str(module)], capture_output=True, text=True, check=False, timeout=60)
    assert parsed.returncode == 0, parsed.stderr
