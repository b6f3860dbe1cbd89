"""A database whose every text is an attack, for the tests of what is made from a snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database


@contextmanager
def marked() -> Iterator[Path]:
    """A file that no test may bring into being, in a folder where any account could."""
    folder = Path(mkdtemp(prefix="pgclinic-hostile-"))
    folder.chmod(0o777)
    yield folder / "owned"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def attack(marker: Path) -> str:
    """PL/pgSQL that tries each way to write a file, run a program or become superuser, and survives refusal."""
    attempts = (
        f"copy (select 1) to ''{marker}''",
        f"copy (select 1) to program ''touch {marker}''",
        f"select lo_export(lo_from_bytea(0, ''x''), ''{marker}'')",
        "reset role; alter role current_user superuser",
        "reset session authorization",
        "set role pgclinic_superuser",
        "create role pgclinic_owned superuser",
        f"alter system set archive_command = ''touch {marker}''",
        "update pg_authid set rolsuper = true",
        "create extension dblink; select dblink_exec(''user=pgclinic_superuser'', ''create role pgclinic_owned'')",
        "create function pg_temp.c() returns int language c as ''libc.so.6'', ''system''",
    )
    blocks = " ".join(f"begin execute '{attempt}'; exception when others then null; end;" for attempt in attempts)
    return f"begin {blocks} return true; end"


def function(marker: Path, name: str, arguments: str = "", extra: str = "immutable") -> str:
    head = f"create or replace function public.{name}({arguments}) returns boolean language plpgsql {extra}"
    return f"{head} as $f${attack(marker)}$f$"


def of_a_hostile_database(database: "Database", marker: Path) -> Snapshot:
    """A database whose every expression calls a function that was harmless while it was made."""
    harmless = "create function public.h{}({}) returns boolean language sql immutable as 'select true'"
    for number, arguments in enumerate(("", "int", "text")):
        database.execute(harmless.format(number, arguments))
    database.execute("create domain checked as int check (h1(value))")
    database.execute("create table t (a int, b checked, c text default (h0()::text), check (h1(a)))")
    database.execute("insert into t select n, n, n::text from generate_series(1, 3000) as n")
    database.execute("create index on t ((h1(a)))")
    database.execute("create index on t (a) where h2(c)")
    database.execute("create view v as select a, h0() as owned from t where h1(a)")
    database.execute("create table p (a int) partition by range (a)")
    database.execute("create table p1 partition of p for values from (0) to (10)")
    database.execute("alter table t enable row level security")
    database.execute("create policy s on t using (h0())")
    database.execute("analyze")
    for number, arguments in enumerate(("", "int", "text")):
        database.execute(function(marker, f"h{number}", arguments))
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))
