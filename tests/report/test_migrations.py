"""Migrations for other tools: applied and rolled back as each tool does it, on a real server, to the same schema."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Course, Patient, Prescription, Statement, WorkloadEffect
from pgclinic.remedies import create_index
from pgclinic.report import migrations
from pgclinic.report.migration_steps import Way, steps_of
from pgclinic.sql.statements import split
from treating import CALLS, course_of, dropping, make_table, on_column, plain, schema_of

STARTED = re.compile(r"^-- migrate:(up|down)( transaction:false)?\n", re.MULTILINE)
SQUAWK_OFF = {
    "prefer-robust-stmts": "IF NOT EXISTS hides that something else of that name is there",
    "ban-drop-column": "the way back drops what the way there made",
    "ban-drop-view": "the same",
}
SQUAWK_OFF_PARTITIONS = {
    "require-concurrent-index-creation": "ON ONLY a partitioned table, where nothing is built; CONCURRENTLY is refused",
    "require-concurrent-index-deletion": "an index with its partitions' can be dropped in no other way",
}
SQUAWK_OFF_ALONE = {
    "require-lock-timeout": "a statement that must be alone has its limits from the connection",
    "require-statement-timeout": "the same",
}


def item_in_pieces() -> Prescription:
    """A column that is filled in batches, and text that tools like to misread: %, :name, ${x}, quotes, backslashes."""
    text = r"'50 % :off ${x} \ {{y}} it''s' || '12:30'::time::text"
    item = plain(
        "table",
        "calls",
        ["alter table public.calls add column day text", f"create view public.odd as select {text} as odd"],
        ["alter table public.calls drop column day"],
    )
    fill = f"""
        update public.calls set day = {text}
        where id in (select id from public.calls where day is null order by id limit 40)
    """
    undo = (Statement(sql="drop view public.odd", needs=2), *item.undo)
    return msgspec.structs.replace(item, do=(*item.do, Statement(sql=fill, repeats=True)), undo=undo)


def on_expression() -> Prescription:
    definition = IndexDefinition(CALLS, (IndexKey("lower(phone)", is_column=False),))
    return create_index.prescribe(definition, name="calls_lower_idx", size_bytes=8192, reason="why\n; drop table calls")


def on_partitions() -> Prescription:
    table = RelationName("public", "events")
    parts = [
        create_index.Partition(
            name=RelationName("public", f"events_{number}"), parent=table, index=f"events_{number}_idx"
        )
        for number in (1, 2)
    ]
    definition = IndexDefinition(table, (IndexKey("at"),))
    return create_index.prescribe(
        definition, name="events_at_idx", size_bytes=0, reason="why", partitions=tuple(parts), is_partitioned=True
    )


@pytest.fixture
def treated(database_on_each: Any) -> tuple[Any, Course]:
    """A database, and a course with statements of every kind."""
    make_table(database_on_each, 100)
    database_on_each.execute("""
        create table events (at int) partition by range (at);
        create table events_1 partition of events for values from (1) to (2);
        create table events_2 partition of events for values from (2) to (3);
        create index old on calls (status);
    """)
    course = course_of(
        database_on_each,
        on_column("phone"),
        dropping(database_on_each, "old", IndexKey("status")),
        plain("statement", "elsewhere", [], []),
        on_partitions(),
        item_in_pieces(),
        on_expression(),
    )
    return database_on_each, course


def write(tool: str, course: Course, folder: Path) -> Path:
    for path, text in migrations.files(tool, course).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


Send = Callable[[psycopg.Connection, Path], None]


def as_psql(connection: psycopg.Connection, file: Path) -> None:
    for statement in split(file.read_text()):
        connection.execute(statement.encode())


def at_once(connection: psycopg.Connection, file: Path) -> None:
    """All in one message, which PostgreSQL takes for one transaction."""
    connection.execute(file.read_text().encode())


def as_flyway(connection: psycopg.Connection, file: Path) -> None:
    if "executeInTransaction=false" in Path(f"{file}.conf").read_text():
        as_psql(connection, file)
    else:
        with connection.transaction():
            as_psql(connection, file)


def as_atlas(connection: psycopg.Connection, file: Path) -> None:
    if file.read_text().startswith("-- atlas:txmode none\n\n"):
        as_psql(connection, file)
    else:
        with connection.transaction():
            as_psql(connection, file)


def as_dbmate(side: str) -> Send:
    def send(connection: psycopg.Connection, file: Path) -> None:
        _, *blocks = STARTED.split(file.read_text())
        own = {blocks[at]: (blocks[at + 1], blocks[at + 2]) for at in range(0, len(blocks), 3)}
        mode, text = own[side]
        if mode:
            connection.execute(text.encode())
        else:
            with connection.transaction():
                connection.execute(text.encode())

    return send


WAYS: dict[str, tuple[str, Send, str, Send]] = {
    "sql": ("*.up.sql", as_psql, "*.down.sql", as_psql),
    "supabase": ("migrations/*.sql", at_once, "down/*.sql", as_psql),
    "flyway": ("V*.sql", as_flyway, "U*.sql", as_flyway),
    "atlas": ("*.sql", as_atlas, "down/*.sql", as_psql),
    "dbmate": ("*.sql", as_dbmate("up"), "*.sql", as_dbmate("down")),
}


def by_sending(tool: str, database: Any, folder: Path) -> Iterator[None]:
    up, send_up, down, send_down = WAYS[tool]
    with database.connect() as connection:
        for file in sorted(folder.glob(up)):
            send_up(connection, file)
        yield
        for file in sorted(folder.glob(down), reverse=True):
            send_down(connection, file)


ENV = """
from alembic import context
from sqlalchemy import create_engine
engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
ALEMBIC = """
import sys
from alembic import command
from alembic.config import Config
from sqlalchemy import URL
from psycopg.conninfo import conninfo_to_dict
config = Config()
config.set_main_option("script_location", sys.argv[1])
config.set_main_option("path_separator", "os")
own = conninfo_to_dict(sys.argv[2])
config.attributes["url"] = URL.create(
    "postgresql+psycopg", own["user"], own["password"], database=own["dbname"],
    query={"host": own["host"], "port": str(own["port"])},
)
(command.upgrade if sys.argv[3] == "head" else command.downgrade)(config, sys.argv[3])
"""


def by_alembic(database: Any, folder: Path) -> Iterator[None]:
    (folder / "env.py").write_text(ENV)
    for target in ("head", "base"):
        run(ALEMBIC, folder, database.conninfo, target)
        if target == "head":
            yield
    database.execute("drop table alembic_version")


DJANGO = """
import sys
sys.path.insert(0, sys.argv[1])
import django
from django.conf import settings
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict
own = conninfo_to_dict(sys.argv[2])
settings.configure(
    INSTALLED_APPS=["pgclinic_treatment"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": own["dbname"], "USER": own["user"],
        "PASSWORD": own["password"], "HOST": own["host"], "PORT": str(own["port"]),
    }},
)
django.setup()
call_command("migrate", "pgclinic_treatment", *sys.argv[3:], verbosity=0)
"""


def by_django(database: Any, folder: Path) -> Iterator[None]:
    run(DJANGO, folder, database.conninfo)
    yield
    run(DJANGO, folder, database.conninfo, "zero")
    database.execute("drop table django_migrations")


def run(program: str, folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-W", "error", "-c", program, str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.mark.server
@pytest.mark.parametrize("tool", [*WAYS, "alembic", "django"])
def test_there_and_back_leaves_the_schema_as_it_was(tool: str, treated: Any, tmp_path: Path) -> None:
    database, course = treated
    before = schema_of(database)
    folder = write(tool, course, tmp_path)
    whole = {"alembic": by_alembic, "django": by_django}.get(tool)
    steps = whole(database, folder) if whole else by_sending(tool, database, folder)
    next(steps)
    assert there(database)
    with pytest.raises(StopIteration):
        next(steps)
    assert schema_of(database) == before


def there(database: Any) -> bool:
    (indexes,) = database.execute(
        "select array_agg(relname::text) from pg_class"
        " where relkind in ('i', 'I') and relnamespace = 'public'::regnamespace"
    )[0]
    (valid,) = database.execute("select bool_and(indisvalid) from pg_index")[0]
    (filled,) = database.execute("select count(*) from calls where day = (select odd from odd)")[0]
    made = {"calls_phone_idx", "calls_lower_idx", "events_at_idx", "events_1_idx", "events_2_idx"}
    return made <= set(indexes) and "old" not in indexes and valid and filled == 100


def test_every_tool_of_the_folder_is_tried_here() -> None:
    assert set(migrations.names()) == {*WAYS, "alembic", "django", "rails"}
    with pytest.raises(KeyError):
        migrations.files("liquibase", course_by_hand())


def course_by_hand(*items: Prescription) -> Course:
    patient = Patient(
        database="d", database_oid=1, system_identifier="7", version_num=180000, clock="2026-11-27T23:59:58.1+00:00"
    )
    effect = WorkloadEffect(cost_before=1, cost_after=1, planned_by="", statements=0)
    return Course(patient=patient, prescriptions=items, workload=effect)


def test_versions_count_up_over_midnight() -> None:
    course = course_by_hand(on_column("phone"), on_column("status"), on_column("id"))
    assert [path[:14] for path in migrations.files("dbmate", course)] == [
        "20261127235959",
        "20261128000000",
        "20261128000001",
    ]


def test_what_is_taken_back_belongs_to_the_step_that_it_needs() -> None:
    steps = steps_of(course_by_hand(item_in_pieces()))
    assert [step.up.way if step.up else None for step in steps] == [Way.TOGETHER, Way.BATCHES]
    assert [[statement.sql.split()[1] for part in step.down for statement in part.statements] for step in steps] == [
        ["view", "table"],
        [],
    ]


def test_where_only_one_statement_can_be_taken_back_at_a_time_there_are_more_steps() -> None:
    alone = [Statement(sql=f"select {number}", in_transaction=False) for number in (1, 2, 3)]
    item = msgspec.structs.replace(on_column("phone"), undo=tuple(alone))
    steps = steps_of(course_by_hand(item), one_down=True)
    assert [[part.texts[0] for part in step.down] for step in steps] == [["select 3"], ["select 2"], ["select 1"]]
    assert [step.up is not None for step in steps] == [True, False, False]


def test_rails_leaves_a_transaction_where_one_cannot_be() -> None:
    files = migrations.files(
        "rails",
        course_by_hand(on_column("phone"), plain("view", "v", ["create view v as select 'SQL'"], ["drop view v"])),
    )
    index, view = files.values()
    assert "disable_ddl_transaction!" in index
    assert "execute <<-'SQL'\ncreate index concurrently calls_phone_idx" in index
    assert "disable_ddl_transaction!" not in view
    assert "class ViewV2 < ActiveRecord::Migration[7.1]" in view


def test_a_line_that_would_end_the_text_does_not() -> None:
    item = plain("view", "v", ["create view v as select '\nSQL\n'"], ["drop view v"])
    (text,) = migrations.files("rails", course_by_hand(item)).values()
    assert "execute <<-'SQL1'\ncreate view v as select '\nSQL\n'\n    SQL1" in text
    hostile = plain("view", "v", ["select $$ $x$"], [])
    do = msgspec.structs.replace(hostile, do=(Statement(sql="select $$ $$", repeats=True),))
    (step,) = steps_of(course_by_hand(do))
    assert step.up is not None
    assert "execute $body1$\nselect $$ $$\n$body1$;" in step.up.texts[0]


@pytest.mark.parametrize("tool", list(WAYS))
def test_squawk_finds_nothing(tool: str, tmp_path: Path) -> None:
    one = on_column("status", name="old")
    subject = ObjectName("index", "old", schema="public")
    drop = msgspec.structs.replace(one, kind="drop_index", object=subject, do=one.undo, undo=one.do)
    alone = SQUAWK_OFF_ALONE if tool in {"supabase", "dbmate"} else {}
    whole = write(tool, course_by_hand(on_column("phone"), drop, item_in_pieces(), on_expression()), tmp_path / "whole")
    assert found_by_squawk(whole, SQUAWK_OFF | alone) == ""
    parts = write(tool, course_by_hand(on_partitions()), tmp_path / "parts")
    assert found_by_squawk(parts, SQUAWK_OFF | SQUAWK_OFF_PARTITIONS | alone) == ""


def found_by_squawk(folder: Path, off: dict[str, str]) -> str:
    program = Path(sys.executable).with_name("squawk")
    files = sorted(map(str, folder.rglob("*.sql")))
    command = [program, f"--exclude={','.join(off)}", "--pg-version=15", "--reporter=gcc", *files]
    assert files
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
