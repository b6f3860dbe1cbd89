"""Load the Drain Fortin database in its neglected state into an empty database."""

import subprocess
import sys
from collections.abc import Generator, Iterator
from functools import partial
from importlib import resources
from time import monotonic

import msgspec
import psycopg

from pgclinic.demo.data.tables import TABLES, Table, chunks
from pgclinic.demo.data.world import World
from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.model.progress import Progress
from pgclinic.postgres.crew import Connect, Crew
from pgclinic.sql import quote, statements

_OWN_PROCESS_FROM = 100_000
"""Calls from which a table's rows are made in a process of their own."""
_PIPE_BYTES = 1 << 17

_USER_TABLES = """
    select namespace.nspname, class.relname
    from pg_catalog.pg_class class
    join pg_catalog.pg_namespace namespace on namespace.oid = class.relnamespace
    where class.relkind in ('r', 'p', 'v', 'm', 'f')
      and namespace.nspname not in ('pg_catalog', 'information_schema')
      and namespace.nspname !~ '^pg_(toast|temp)'
      and not exists (
          select from pg_catalog.pg_depend depend
          where depend.classid = 'pg_catalog.pg_class'::regclass and depend.objid = class.oid and depend.deptype = 'e'
      )
    order by 1, 2
    limit 1
"""
_SIZE = "select pg_catalog.pg_database_size(pg_catalog.current_database())"


class DemoLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded: volume, seed and clock (they decide every byte), rows by table, database size, seconds taken."""

    calls: int
    seed: int
    now: str
    rows: dict[str, int]
    bytes: int
    seconds: float


def schema(name: str) -> str:
    """The text of one file of ``schema/``."""
    return resources.files("pgclinic.demo").joinpath("schema", f"{name}.sql").read_text(encoding="utf-8")


def refuse_unless_empty(connection: psycopg.Connection) -> None:
    """Raise UserError when the database holds any table or view of a user."""
    found = connection.execute(_USER_TABLES).fetchone()
    if found is not None:
        raise UserError(
            f"The database {connection.info.dbname} is not empty (it has {RelationName(*found)}); "
            "the demo is only loaded into an empty database: create one with createdb."
        )


def load(connect: Connect, world: World) -> Generator[Progress, None, DemoLoad]:
    """Tables, rows, keys, policies, a vacuum, a week of churn. On failure what was made is dropped again.

    Raises UserError when the database is not empty or the role may not create what is needed.
    """
    started = monotonic()
    with connect() as connection:
        refuse_unless_empty(connection)
        _create_roles(connection)
        try:
            rows = yield from _fill(connection, Crew(connect), world)
        except BaseException:
            connection.execute(schema("drop"))
            raise
        size = connection.execute(_SIZE).fetchone()
        assert size is not None
        return DemoLoad(
            calls=world.calls,
            seed=world.seed,
            now=world.now.isoformat(),
            rows=rows,
            bytes=size[0],
            seconds=monotonic() - started,
        )


def _create_roles(connection: psycopg.Connection) -> None:
    try:
        connection.execute(schema("roles"))
    except psycopg.errors.InsufficientPrivilege as error:
        raise UserError(
            f"The role {connection.info.user} may not create the demo's roles anon, authenticated and service_role; "
            "load as a role with CREATEROLE, or have an administrator create them."
        ) from error


def _fill(connection: psycopg.Connection, crew: Crew, world: World) -> Generator[Progress, None, dict[str, int]]:
    yield Progress(step="create tables")
    connection.execute(schema("tables"))
    rows = {table.name: 0 for table in TABLES}
    yield from crew.share(
        [partial(_copy, crew, table, world, rows) for table in TABLES],
        lambda: Progress(step="load calls", done=min(rows["vapi_calls"], rows["call_logs"] // 2), total=world.calls),
    )
    yield from crew.run("build keys", statements.split(schema("constraints")))
    for name in ("references", "behaviour", "policies"):
        yield Progress(step=f"create {name}")
        connection.execute(schema(name))
    tables = [quote.relation(RelationName("public", table.name)) for table in TABLES]
    # Vacuumed first, or autovacuum comes at once for all the new rows and takes the dead ones with it.
    yield from crew.run("vacuum", [f"vacuum (analyze) {table}" for table in tables])
    yield from crew.run("age the database", statements.split(schema("churn")))
    yield from crew.run("analyze", [f"analyze {table}" for table in tables])
    return rows


def _copy(crew: Crew, table: Table, world: World, rows: dict[str, int]) -> None:
    columns = ", ".join(quote.identifier(column) for column in table.columns)
    target = quote.relation(RelationName("public", table.name))
    with crew.session() as connection, connection.cursor().copy(f"copy {target} ({columns}) from stdin") as copy:
        for count, piece in _pieces(table, world):
            crew.check()
            copy.write(piece)
            rows[table.name] += count


def _pieces(table: Table, world: World) -> Iterator[tuple[int, bytes]]:
    if world.calls < _OWN_PROCESS_FROM:
        yield from chunks(table, world)
        return
    command = [sys.executable, "-m", "pgclinic.demo.data", table.name, str(world.calls), str(world.seed)]
    command.append(world.now.isoformat())
    # In a session of its own, so that Ctrl-C is ours to handle: it ends when its pipe is closed.
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            while piece := process.stdout.read(_PIPE_BYTES):
                yield piece.count(b"\n"), piece
        finally:
            process.stdout.close()
        if process.wait() != 0:
            raise RuntimeError(f"the rows of {table.name} could not be made")
