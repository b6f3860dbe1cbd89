"""Plans as people have them: what psql, pgAdmin and auto_explain make of a real plan is the same plan."""

import subprocess
import time
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from pgclinic.instance import start
from pgclinic.model.plan import Explained
from pgclinic.plans.reader import read
from pgclinic.workload.logs.plans import is_log, plans_in

if TYPE_CHECKING:
    from conftest import Database, Servers

pytestmark = pytest.mark.server

SCHEMA = """
create table calls (id bigint primary key, note text, "Odd Name" int);
insert into calls select n, 'note ' || n, n % 10 from generate_series(1, 2000) n;
analyze calls
"""
QUERY = (
    'select c.id, count(*) from calls c join calls d on d."Odd Name" = c."Odd Name" '
    "where c.note = 'x' or c.id < (select 40) group by c.id order by 2 desc"
)
LAYOUTS = {
    "plain": (),
    "no border": ("-P", "border=0"),
    "full border": ("-P", "border=2"),
    "unicode": ("-P", "linestyle=unicode", "-P", "border=2"),
    "old": ("-P", "linestyle=old-ascii"),
    "bare": ("-A", "-t"),
    "tuples": ("-t",),
    "no footer": ("-P", "footer=off"),
}


def asked(database: "Database", explain: str, *layout: str) -> str:
    parts = conninfo_to_dict(database.conninfo)
    psql = database.instance.binaries.program("psql")
    if not psql.exists():
        pytest.skip("this server came without psql")
    where = ["-h", str(parts["host"]), "-p", str(parts["port"]), "-U", str(parts["user"]), "-d", database.name]
    return subprocess.run(
        [psql, "-X", *where, *layout, "-c", f"{explain} {QUERY}"],
        env={"PGPASSWORD": str(parts.get("password", "")), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def shape(explained: Explained) -> Explained:
    """Without what no two plannings of it share."""
    return msgspec.structs.replace(explained, planning_ms=None, planning_buffers=None)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_psql_prints_is_the_plan(database_on_each: "Database", layout: str) -> None:
    database_on_each.execute(SCHEMA)
    (document,) = database_on_each.execute(f"explain (format json) {QUERY}")[0]
    (wanted,) = read(msgspec.json.encode(document).decode())
    for explain in ("explain", "explain (format json)"):
        printed = asked(database_on_each, explain, *LAYOUTS[layout])
        assert [shape(each) for each in read(printed)] == [shape(wanted)], printed


def test_what_pgadmin_copies_is_the_plan(database: "Database") -> None:
    database.execute(SCHEMA)
    rows = [line for (line,) in database.execute(f"explain {QUERY}")]
    copied = "\n".join('"' + row.replace('"', '""') + '"' for row in rows)
    assert read(f'"QUERY PLAN"\n{copied}') == read("\n".join(rows))


def test_a_rule_s_plans_are_several(database: "Database") -> None:
    database.execute(SCHEMA)
    database.execute("create table log (id bigint)")
    database.execute("create rule noted as on delete to calls do also insert into log values (old.id)")
    text = "\n".join(line for (line,) in database.execute("explain delete from calls where id = 3"))
    assert [each.root.title for each in read(text)] == ["Insert", "Delete"]


LOGGED = {"text": "text", "json": "json"}


@pytest.mark.parametrize("major", [15, 17, 18])
def test_plans_in_logs_are_the_plans(server: "Servers", major: int) -> None:
    binaries = server(major).binaries
    settings = {
        "logging_collector": "on",
        "log_directory": "logs",
        "log_filename": "server.log",
        "log_destination": "stderr,csvlog" + (",jsonlog" if major >= 15 else ""),
        "log_line_prefix": "%m [%p] %q%u@%d app=%a ",
        "shared_preload_libraries": "auto_explain",
        "jit": "off",
    }
    with start(binaries, settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as session:
            session.execute(SCHEMA)
            session.execute("set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on")
            session.execute("set auto_explain.log_buffers = on")
            for form in LOGGED:
                session.execute(f"set auto_explain.log_format = '{form}'")
                session.execute(QUERY.replace("'x'", "%s"), ("it's\n\ta note",))
            session.execute("set auto_explain.log_min_duration = -1")
            (document,) = session.execute(f"explain (format json) {QUERY}").fetchone() or (None,)
        folder = instance.data_directory / "logs"
        names = [f"server.{kind}" for kind in ("log", "csv", "json") if (folder / f"server.{kind}").exists()]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and any(
            (folder / name).read_text().count(" plan:") < len(LOGGED) for name in names
        ):
            time.sleep(0.1)
        logs = {name: (folder / name).read_text() for name in names}
    (wanted,) = read(msgspec.json.encode(document).decode())
    assert len(logs) == 3
    for name, text in logs.items():
        assert is_log(text)
        found = list(plans_in(text))
        assert len(found) == len(LOGGED), name
        for logged in found:
            (plan,) = read(logged.text)
            assert plan.root.title == wanted.root.title == "Sort"
            assert plan.root.run is not None
            assert plan.root.run.rows == 39
            assert logged.ms > 0
            assert logged.seen is not None
            # Before 16 auto_explain logs no parameters.
            assert logged.seen.values == (("it's\n\ta note",) if major >= 16 else None)
            assert "c.note = $1" in logged.seen.sql
        first, second = (read(logged.text)[0].root for logged in found)
        assert first.children[0].title == second.children[0].title
    # An excerpt that lost its tabs and its prefix on the way through a chat.
    excerpt = logs["server.log"]
    start_at = excerpt.index("duration:")
    plain = excerpt[start_at:].replace("\t", "    ")
    (first_logged, *_) = plans_in(plain)
    assert read(first_logged.text)[0].root.title == "Sort"
