"""A private database with a snapshot's schema and no rows, on which somebody else's SQL is run statement by statement.

The rules are those of the twin (DESIGN, hostile input): whatever is run, is run by an ordinary role that cannot become
another, under timeouts; the superuser makes extensions of the allow-list and roles without rights, from quoted names.
What a statement does is not guessed from its text but asked of PostgreSQL: which locks it holds afterwards, which
tables have another file, which were read from end to end.
"""

import contextlib
import re
import select
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import msgspec
import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from pgclinic.instance import Binaries, Instance, binaries_for, start
from pgclinic.model.catalog import Relation
from pgclinic.model.errors import UserError
from pgclinic.model.review import Failure, MigrationStatement, TakenLock, Trace
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.sql.deeds import extension_in, role_in
from pgclinic.twin import cluster, schema
from pgclinic.twin.allowed import ALLOWED_EXTENSIONS
from pgclinic.twin.building import Builder, connected, create_extensions, lay_foundations
from pgclinic.twin.cluster import BUILDER
from pgclinic.twin.guard import Guard
from pgclinic.twin.rebuild import give_to_owners
from pgclinic.twin.schema import Piece

NAME = "scratch"
_SETTINGS = {
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_locks_per_transaction": "1024",
    "temp_file_limit": "65536",
    "log_statement": "none",
    "jit": "off",
    "max_connections": "20",
}
_MOST_BYTES = 1 << 30
"""Of the database, whatever the file fills it with."""
_FIRST_USER_OID = 16384
_NOT_IN_TRANSACTION = frozenset({"25001", "2D000"})
"""active_sql_transaction and invalid_transaction_termination: it wants to be outside of any."""
_AS_THEY_ARE = frozenset({"transaction_stmt", "variable_set_stmt"})
"""SET TRANSACTION has to be the first statement of one, so nothing is looked at before."""
_FILLS_NOTHING = frozenset({*_AS_THEY_ARE, "alter_table_stmt", "index_stmt", "drop_stmt", "view_stmt", "create_stmt"})
_MOST_RETURNED = 16 << 20
"""Bytes of rows that a statement may return before it is cancelled."""
_MOST_NOTICES, _LONGEST_NOTICE = 100, 200
_COPYING = frozenset({ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH})
_ONLY_IN_TRANSACTION = frozenset({"declare_cursor_stmt", "lock_stmt"})
_NO_RIGHT = "42501"
_MAY_BE_AN_EXTENSION_S = frozenset({"42883", "3F000", "42704"})
"""undefined_function, invalid_schema_name, undefined_object."""
_MISSING_ROLE = re.compile(r'role "(.+)" does not exist')
_MOST_INVENTED = 20
_LOOK = """
select pg_catalog.jsonb_build_object(
    'files', (select pg_catalog.jsonb_object_agg(c.oid::pg_catalog.int8, pg_catalog.jsonb_build_array(
                         c.relfilenode::pg_catalog.int8, coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0)))
              from pg_catalog.pg_class c where c.oid >= 16384 and c.relkind in ('r', 'm')),
    'locks', (select pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_array(
                         l.relation::pg_catalog.int8, l.mode))
              from pg_catalog.pg_locks l
              where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation'
                and l.database = (select d.oid from pg_catalog.pg_database d
                                  where d.datname = pg_catalog.current_database())))::pg_catalog.text
"""


class _Look(msgspec.Struct, frozen=True):
    """What the session sees of itself: file and scans of each table by oid, and the locks that it holds."""

    files: dict[str, tuple[int, int]] | None = None
    locks: tuple[tuple[int, str], ...] | None = None


class Scratch:
    """Use as a context manager; the server and its files are gone afterwards, however this process ends.

    ``connection`` is the session in which everything is run, and in which the catalogs can be read as they are in its
    transaction. ``omissions`` names what of the snapshot is not there. With ``invents_roles`` a role that a statement
    names and nobody has is made for it, without rights: where no server is known, neither are its roles.
    """

    def __init__(self, snapshot: Snapshot, *, binaries: Binaries | None = None, invents_roles: bool = False) -> None:
        self._snapshot = snapshot
        self._invents_roles = invents_roles
        self._lacks_extension = False
        self._binaries = binaries or binaries_for(snapshot.server.major)
        self._stack = contextlib.ExitStack()
        self._notices: list[Failure] = []
        self.omissions: tuple[str, ...] = ()

    @property
    def run_by(self) -> str:
        """``PostgreSQL 15.20``."""
        return f"PostgreSQL {self._binaries.version}"

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._instance: Instance = stack.enter_context(start(self._binaries, settings=_SETTINGS))
            self._build(stack)
            self.connection = psycopg.connect(
                self._instance.conninfo(NAME, BUILDER, self._password), autocommit=True, client_encoding="utf8"
            )
            stack.callback(self.connection.close)
            self.connection.add_notice_handler(self._noticed)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def is_in_transaction(self) -> bool:
        """Whether a BEGIN of the file is open."""
        return self.connection.info.transaction_status != TransactionStatus.IDLE

    def run(self, statement: MigrationStatement) -> Trace:
        """Run it, and say what it did. A statement that fails leaves the database, and an open transaction, as it was.

        Raises UserError when the session is lost, or the database larger than it may be.
        """
        self._notices.clear()
        if statement.deed.is_data_copy:
            return Trace(unexamined="no rows were copied", in_transaction=self.is_in_transaction)
        helped = self._helped(statement)
        if helped is not None:
            return helped
        try:
            with self._guard:
                trace = self._traced(statement)
                for _ in range(_MOST_INVENTED if self._invents_roles else 0):
                    role = _missing_role(trace.failure)
                    if role is None or not self._make_role(role, may_own=True):
                        break
                    trace = self._traced(statement)
        except psycopg.OperationalError as error:
            if not self.connection.closed:
                raise
            raise UserError(
                f"{statement.place}: the statement did not end in time, or ended its session; review cannot examine it."
            ) from error
        self._demand_small(statement)
        failure = trace.failure
        if failure is not None and failure.sqlstate in _MAY_BE_AN_EXTENSION_S and self._lacks_extension:
            reason = f"{failure.message}: it may belong to an extension that the private server has not"
            return msgspec.structs.replace(trace, failure=None, unexamined=reason)
        return msgspec.structs.replace(trace, notices=tuple(self._notices))

    def prepares(self, sql: str) -> Failure | None:
        """Why PostgreSQL cannot make out what a statement means, None when it can. Nothing is run."""
        try:
            with self._guard:
                self.connection.execute(f"prepare pgclinic_probe as {sql}".encode())
                self.connection.execute("deallocate pgclinic_probe")
        except psycopg.Error as error:
            if self.connection.closed:
                raise
            return _failure(error)
        except ValueError as error:
            return Failure(sqlstate="", message=str(error))
        return None

    @contextlib.contextmanager
    def search_path(self, path: str | None) -> Iterator[None]:
        """Within it names are looked up along this path, as a function's settings spell it; None leaves it alone."""
        if path is not None:
            self.connection.execute("select pg_catalog.set_config('search_path', %s, false)", [path])
        yield
        if path is not None:
            self.connection.execute("reset search_path")

    def finish(self) -> None:
        """Give up a transaction that the file left open, and stand where a new session would."""
        if self.is_in_transaction:
            self.connection.execute("rollback")
        self.connection.execute("discard all")

    def _build(self, stack: contextlib.ExitStack) -> None:
        snapshot = self._snapshot
        with psycopg.connect(self._instance.conninfo(), autocommit=True) as superuser:
            accounts = cluster.create_roles(superuser, snapshot)
            omissions = list(accounts.omissions)
            cluster.create_database(superuser, snapshot, NAME, omissions)
        self._password = accounts.password
        self._guard = Guard(self._instance.conninfo(), NAME)
        stack.callback(self._guard.stop)
        relations = frozenset(each.oid for each in snapshot.relations)
        with connected(self._instance, NAME) as superuser:
            create_extensions(superuser, snapshot, omissions)
            with Builder(self._instance.conninfo(NAME, BUILDER, accounts.password), self._guard) as builder:
                laid = lay_foundations(superuser, builder, snapshot, relations, omissions)
                builder.make([*laid.later, *_pieces(snapshot, relations, laid.known)])
                omissions += builder.omissions
            give_to_owners(superuser, snapshot, relations, accounts.roles)
        self.omissions = tuple(dict.fromkeys(omissions))
        self._lacks_extension = any(each.startswith("extension ") for each in omissions)

    def _noticed(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if len(self._notices) < _MOST_NOTICES:
            message = str(diagnostic.message_primary or "")[:_LONGEST_NOTICE]
            self._notices.append(Failure(sqlstate=diagnostic.sqlstate or "", message=message))

    def _traced(self, statement: MigrationStatement) -> Trace:
        if statement.deed.kind in _AS_THEY_ARE:
            return self._plainly(statement)
        if self.is_in_transaction:
            return self._within(statement)
        if statement.deed.kind in _ONLY_IN_TRANSACTION:
            return self._plainly(statement)
        self.connection.execute("begin")
        trace = self._within(statement)
        if trace.failure is None:
            try:
                self.connection.execute("commit")
            except psycopg.Error as error:
                trace = Trace(failure=_failure(error), timeout_ms=trace.timeout_ms)
            return msgspec.structs.replace(trace, in_transaction=False)
        self.connection.execute("rollback")
        if trace.failure.sqlstate in _NOT_IN_TRANSACTION:
            return self._outside(statement)
        return msgspec.structs.replace(trace, in_transaction=False)

    def _plainly(self, statement: MigrationStatement) -> Trace:
        """What begins, ends and sets up transactions and sessions, as it is."""
        inside = self.is_in_transaction
        try:
            self._send(statement.sql)
        except (psycopg.Error, ValueError) as error:
            if self.connection.closed:
                raise
            if self.connection.info.transaction_status == TransactionStatus.INERROR:
                self.connection.execute("rollback")
                self.connection.execute("begin")  # what follows is examined nevertheless
            return Trace(failure=_failure(error), in_transaction=inside)
        return Trace(in_transaction=inside)

    def _send(self, sql: str) -> None:
        """Run a statement and throw away what it returns, row by row. Raises psycopg.Error, or ValueError for odd text.

        Nobody waits inside libpq, so that the guard can do its work.
        """
        connection = self.connection.pgconn
        connection.send_query(_encoded(sql))
        connection.set_single_row_mode()
        size, error = 0, None
        while (result := self._next_result()) is not None:
            if result.status in _COPYING:
                self.connection.close()
                raise psycopg.OperationalError("it copies rows to or from its client")
            if result.status == ExecStatus.FATAL_ERROR:
                error = errors.error_from_result(result)
            size += sum(
                len(result.get_value(0, column) or b"") for column in range(result.nfields if result.ntuples else 0)
            )
            if size > _MOST_RETURNED:
                connection.get_cancel().cancel()
                size = 0
        if error is not None:
            raise error

    def _next_result(self) -> PGresult | None:
        connection = self.connection.pgconn
        while connection.is_busy():
            select.select([connection.socket], [], [])
            connection.consume_input()
        return connection.get_result()

    def _within(self, statement: MigrationStatement) -> Trace:
        timeout = self._timeout()
        before = self._look()
        self.connection.execute("savepoint pgclinic_step")
        try:
            self._send(statement.sql)
        except (psycopg.Error, ValueError) as error:
            if self.connection.closed:
                raise
            self.connection.execute("rollback to savepoint pgclinic_step")
            return Trace(failure=_failure(error), timeout_ms=timeout, in_transaction=True)
        if not self.is_in_transaction:  # a SET TRANSACTION or the like would not, a hostile block may
            return Trace(timeout_ms=timeout)
        after = self._look()
        self.connection.execute("release savepoint pgclinic_step")
        return _compared(before, after, timeout, in_transaction=True)

    def _outside(self, statement: MigrationStatement) -> Trace:
        """What refuses to be in a transaction; its locks are gone when it is over."""
        with self._briefly():
            timeout, before = self._timeout(), self._look()
        try:
            self._send(statement.sql)
        except (psycopg.Error, ValueError) as error:
            if self.connection.closed:
                raise
            return Trace(failure=_failure(error), timeout_ms=timeout)
        with self._briefly():
            return _compared(before, self._look(), timeout, in_transaction=False)

    @contextlib.contextmanager
    def _briefly(self) -> Iterator[None]:
        self.connection.execute("begin")
        yield
        self.connection.execute("rollback")

    def _look(self) -> _Look:
        """Under a search path that nobody can put functions or operators into, given back afterwards."""
        self.connection.execute("savepoint pgclinic_look")
        self.connection.execute("set local search_path = pg_catalog, pg_temp")
        ((text,),) = self.connection.execute(_LOOK).fetchall()
        self.connection.execute("rollback to savepoint pgclinic_look")
        self.connection.execute("release savepoint pgclinic_look")
        return msgspec.json.decode(str(text), type=_Look)

    def _timeout(self) -> int:
        """lock_timeout in milliseconds, 0 for none."""
        ((value,),) = self.connection.execute(
            "select setting from pg_catalog.pg_settings where name operator(pg_catalog.=) 'lock_timeout'"
        ).fetchall()
        return int(str(value))

    def _helped(self, statement: MigrationStatement) -> Trace | None:
        """What wants more rights than the role has and is harmless from a name: extensions of the list, roles."""
        inside = self.is_in_transaction
        extension = extension_in(statement.sql)
        if extension is not None:
            name, schema_name = extension
            if name == "plpgsql":
                return Trace(in_transaction=inside)
            words = f" schema {quote.identifier(schema_name)}" if schema_name else ""
            made = name in ALLOWED_EXTENSIONS and self._as_superuser(
                f"create extension if not exists {quote.identifier(name)}{words} cascade"
            )
            self._lacks_extension = self._lacks_extension or not made
            reason = "" if made else f"the private server has no extension {name}"
            return Trace(unexamined=reason, in_transaction=inside)
        role = role_in(statement.sql)
        if role:
            self._make_role(role)
            return Trace(in_transaction=inside)
        return None

    def _make_role(self, role: str, *, may_own: bool = False) -> bool:
        """With ``may_own`` objects of the schema public can be given to it."""
        name = quote.identifier(role)
        grants = [f"grant create on schema public to {name}"] if may_own else []
        return self._as_superuser(f"create role {name} nologin", f"grant {name} to {BUILDER}", *grants)

    def _as_superuser(self, *statements: str) -> bool:
        try:
            with connected(self._instance, NAME) as superuser:
                superuser.execute("set statement_timeout = '10s'")
                superuser.execute("set lock_timeout = '2s'")
                for each in statements:
                    superuser.execute(each)
        except (psycopg.Error, ValueError):
            return False
        return True

    def _demand_small(self, statement: MigrationStatement) -> None:
        if statement.deed.kind in _FILLS_NOTHING:
            return
        with psycopg.connect(self._instance.conninfo(), autocommit=True) as superuser:
            ((size,),) = superuser.execute("select pg_catalog.pg_database_size(%s)", [NAME]).fetchall()
        if int(str(size)) > _MOST_BYTES:
            raise UserError(
                f"{statement.place}: the statement fills the private server with more than {_MOST_BYTES >> 20} MB; "
                "review cannot examine what loads so much data."
            )


def is_for_want_of_rights(failure: Failure) -> bool:
    """Whether only a role with more rights than the private server gives could run it."""
    return failure.sqlstate == _NO_RIGHT


def _compared(before: _Look, after: _Look, timeout: int, *, in_transaction: bool) -> Trace:
    was, now = before.files or {}, after.files or {}
    held = set(before.locks or ())
    return Trace(
        locks=tuple(
            sorted(
                TakenLock(oid, mode)
                for oid, mode in after.locks or ()
                if (oid, mode) not in held and oid >= _FIRST_USER_OID
            )
        ),
        rewritten=frozenset(int(oid) for oid, (file, _) in now.items() if oid in was and was[oid][0] != file),
        scanned=frozenset(int(oid) for oid, (_, scans) in now.items() if oid in was and scans > was[oid][1]),
        timeout_ms=timeout,
        in_transaction=in_transaction,
    )


def _encoded(text: str) -> bytes:
    if "\0" in text:
        raise ValueError("a statement cannot hold a zero byte")
    return text.encode()


def _missing_role(failure: Failure | None) -> str | None:
    found = _MISSING_ROLE.fullmatch(failure.message) if failure is not None else None
    return found[1] if found else None


def _failure(error: Exception) -> Failure:
    if not isinstance(error, psycopg.Error):
        return Failure(sqlstate="", message=str(error))
    diagnostic = error.diag
    message = diagnostic.message_primary or str(error).strip().partition("\n")[0]
    return Failure(sqlstate=error.sqlstate or "", message=message, line=_line(error))


def _line(error: psycopg.Error) -> int:
    """The line that libpq shows under the message, counted from 0."""
    first = next((each for each in str(error).splitlines() if each.startswith("LINE ")), "")
    number = first.removeprefix("LINE ").partition(":")[0]
    return int(number) - 1 if number.isdigit() else 0


def _pieces(snapshot: Snapshot, relations: frozenset[int], known: frozenset[str]) -> Iterator[Piece]:
    """The schema with all that a migration may meet and a plan need not: materialized views, procedures, triggers."""
    views = [each for each in snapshot.relations if each.kind == "m"]
    yield from schema.pieces(snapshot, relations - {each.oid for each in views}, known)
    for view in views:
        with contextlib.suppress(ValueError):  # a name that no object can have
            yield from list(_materialized(snapshot, view))
    for constraint in snapshot.constraints:
        table = snapshot.relation_by_oid.get(constraint.relation)
        if table is None or table.partition_key or constraint.kind != "f" or constraint.is_inherited:
            continue
        if constraint.is_validated:  # they are made NOT VALID
            with contextlib.suppress(ValueError):
                yield Piece(f"constraint {constraint.name}", (_validation(table, constraint.name),))
    for function in snapshot.functions:
        if function.kind == "p" and function.language in schema.SAFE_LANGUAGES and function.sql:
            yield Piece(f"procedure {function.name}", (function.sql,), needs_tables=True)
    for trigger in snapshot.triggers:
        if trigger.sql and not _is_inherited(snapshot, trigger.relation):
            yield Piece(f"trigger {trigger.name}", (trigger.sql,))


def _validation(table: Relation, constraint: str) -> str:
    return f"alter table {quote.relation(table.relation_name)} validate constraint {quote.identifier(constraint)}"


def _is_inherited(snapshot: Snapshot, relation: int) -> bool:
    """A partition has its parent's triggers from its making."""
    found = snapshot.relation_by_oid.get(relation)
    return found is not None and found.is_partition


def _materialized(snapshot: Snapshot, view: Relation) -> Iterator[Piece]:
    definition = (view.definition or "").rstrip().rstrip(";")
    make = f"create materialized view {quote.relation(view.relation_name)} as {definition}"
    filled = (f"{make} with data",) if view.is_populated else (f"{make} with no data",)
    indexes = tuple(index.sql for index in snapshot.indexes_of.get(view.oid, ()) if index.is_valid)
    yield Piece(f"materialized view {view.relation_name}", filled if definition else (), (f"{make} with no data",))
    for number, sql in enumerate(indexes, 1):
        yield Piece(f"index {number} of {view.relation_name}", (sql,))
