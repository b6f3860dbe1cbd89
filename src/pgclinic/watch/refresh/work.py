"""What is due on one server, done: views refreshed one by one, next partitions made, each in its own transaction."""

from collections.abc import Callable, Iterator
from importlib import resources

import msgspec
import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import is_pooled, open_session
from pgclinic.probes.prepared_functions import MARK_OF_REFRESH
from pgclinic.probes.scope import USER_SCHEMA, is_free, marked
from pgclinic.remedies.create_index import LONGEST_NAME
from pgclinic.remedies.partition_table import Upkeep, upkeep_function
from pgclinic.sql import quote
from pgclinic.watch.refresh.patterns import Irregular, upkeeps
from pgclinic.watch.refresh.settings import Refreshing

_VIEWS = marked(f"""
    select n.nspname, c.relname
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'm' and {USER_SCHEMA} and {is_free("pg_class", "c.oid")}
    order by c.oid
""")
"""In the order in which they were made: a view of views comes after them."""

_REFRESH = marked("""
    select pgclinic.refresh_view(%s::pg_catalog.regclass, pg_catalog.make_interval(secs => %s), %s)
""")
_TRY_LOCK = marked("select pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))")
_COMMENT = "comment on {kind} {name} is {mark}"
_LOOKED_AT = frozenset({"columns", "relations"})
REFRESHED = "refreshed"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one object, and why.

    ``refreshed``, ``not due``, ``busy``, ``resting``, ``made``, ``left alone``, ``failed``, or ``broken off`` by us.
    """

    object: ObjectName
    what: str
    reason: str = ""
    partitions: int = 0


def opened(conninfo: str, settings: Refreshing) -> psycopg.Connection:
    """A session that may write, with the timeouts of a refresh. Raises UserError."""
    connection = open_session(
        conninfo,
        read_only=False,
        statement_timeout_ms=int(settings.timeout * 1000),
        lock_timeout_ms=int(settings.lock_timeout * 1000),
    )
    if is_pooled(connection):
        connection.close()
        raise UserError("--refresh needs the server itself: a pooler in between takes no timeouts from us.")
    return connection


def opened_to_read(conninfo: str) -> psycopg.Connection:
    """A session that only reads. Raises UserError."""
    return open_session(conninfo)


def installation() -> tuple[str, ...]:
    """What makes the table and the functions by which views are refreshed; it may be run again."""
    script = resources.files(__package__).joinpath("views.sql").read_text(encoding="utf-8")
    functions = {
        "pgclinic.below_view(oid)",
        "pgclinic.refresh_view(regclass, interval, float8, interval)",
    }
    comments = (_comment("function", name) for name in sorted(functions))
    return (script, *comments)


def install(connection: psycopg.Connection) -> None:
    """Make the schema where there is none, and what refreshes views. Raises UserError where the role may not."""
    try:
        with connection.transaction():
            connection.execute("select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic', 0))")
            if connection.execute("select pg_catalog.to_regnamespace('pgclinic') is null").fetchone() == (True,):
                connection.execute("create schema pgclinic")
                connection.execute(_comment("schema", "pgclinic").encode())
            for statement in installation():
                connection.execute(statement.encode())
    except psycopg.Error as error:
        raise UserError(
            f"What refreshes views cannot be made in schema pgclinic ({_first_line(error)}); "
            "grant CREATE on the database to the role, or watch without --refresh."
        ) from None


def views(connection: psycopg.Connection, settings: Refreshing) -> tuple[RelationName, ...]:
    """The materialized views that are to be refreshed."""
    found = (RelationName(*row) for row in connection.execute(_VIEWS).fetchall())
    return tuple(name for name in found if settings.of(name) is not None)


def refresh_views(
    connection: psycopg.Connection, settings: Refreshing, *, is_over: Callable[[], bool] = lambda: False
) -> Iterator[Outcome]:
    """Refresh each view that is due. Raises psycopg.Error when the connection breaks.

    What fails when ``is_over`` was cancelled by us: that is not held against the view.
    """
    for name in views(connection, settings):
        own = settings.of(name)
        assert own is not None
        for setting, seconds in (("statement_timeout", own.timeout), ("lock_timeout", own.lock_timeout)):
            connection.execute("select pg_catalog.set_config(%s, %s, false)", [setting, str(int(seconds * 1000))])
        about = ObjectName("materialized view", name.name, schema=name.schema)
        try:
            with connection.transaction():
                row = connection.execute(_REFRESH, [quote.relation(name), own.every, own.changed]).fetchone()
                what, _, reason = (row[0] if row else "").partition(": ")
                if what == "failed" and is_over():
                    what, reason = "broken off", ""
                    raise psycopg.Rollback
        except psycopg.Error as error:
            if connection.closed:
                raise
            yield _failure(about, error, is_over)
        else:
            yield Outcome(object=about, what=what, reason=reason)


def make_partitions(
    connection: psycopg.Connection, settings: Refreshing, *, is_over: Callable[[], bool] = lambda: False
) -> Iterator[Outcome]:
    """Make the next partitions of each regular table; of the others, why not. Raises psycopg.Error and UserError.

    ``is_over`` as for views.
    """
    for upkeep in upkeeps(looked_at(connection)):
        if not settings.makes_partitions_of(upkeep.table):
            continue
        about = ObjectName("table", upkeep.table.name, schema=upkeep.table.schema)
        if isinstance(upkeep, Irregular):
            yield Outcome(object=about, what="left alone", reason=upkeep.reason)
            continue
        try:
            partitions = _made(connection, upkeep, settings.ahead)
        except (psycopg.Error, ValueError) as error:
            if connection.closed:
                raise
            yield _failure(about, error, is_over)
        else:
            what = "busy" if partitions is None else "made"
            yield Outcome(object=about, what=what, partitions=partitions or 0)


def _made(connection: psycopg.Connection, upkeep: Upkeep, ahead: int) -> int | None:
    """How many partitions were made; None where another watcher is at it."""
    with connection.transaction():
        key = f"pgclinic partitions {quote.relation(upkeep.table)}"
        if connection.execute(_TRY_LOCK, [key]).fetchone() != (True,):
            return None
        for statement in upkeep_statements(upkeep):
            connection.execute(statement.encode())
        row = connection.execute(upkeep_call(upkeep, ahead).encode()).fetchone()
        return int(row[0]) if row else 0


def upkeep_statements(upkeep: Upkeep) -> tuple[str, ...]:
    """What makes the function that makes a table's partitions."""
    name = _upkeep_name(upkeep)
    signature = f"{quote.relation(name)}(integer, interval, boolean)"
    return (
        upkeep_function(upkeep, name),
        f"revoke all on function {signature} from public",
        _comment("function", signature),
    )


def upkeep_call(upkeep: Upkeep, ahead: int) -> str:
    """What makes the partitions."""
    return f"select {quote.relation(_upkeep_name(upkeep))}({ahead})"


def _upkeep_name(upkeep: Upkeep) -> RelationName:
    ending = " partitions"
    stem = f"{upkeep.table.schema}.{upkeep.table.name}".encode()[: LONGEST_NAME - len(ending)]
    return RelationName("pgclinic", stem.decode(errors="ignore") + ending)


def looked_at(connection: psycopg.Connection) -> Snapshot:
    """The relations and their columns."""
    visit = collect(connection, only=_LOOKED_AT)
    while True:
        try:
            next(visit)
        except StopIteration as end:
            snapshot: Snapshot = end.value
            return snapshot


def _comment(kind: str, name: str) -> str:
    return _COMMENT.format(kind=kind, name=name, mark=quote.literal(MARK_OF_REFRESH))


def _failure(about: ObjectName, error: Exception, is_over: Callable[[], bool]) -> Outcome:
    if is_over():
        return Outcome(object=about, what="broken off")
    return Outcome(object=about, what="failed", reason=_first_line(error))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].strip().rstrip(".")
