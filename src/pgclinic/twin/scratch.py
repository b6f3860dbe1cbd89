"""A private database with a snapshot's schema and no rows, on which somebody else's SQL is run statement by statement.

The rules are those of the twin (DESIGN, hostile input): whatever is run, is run by an ordinary role that cannot become
another, under timeouts; the superuser makes extensions of the allow-list and roles without rights, from quoted names.
"""

import contextlib
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import msgspec
import psycopg

from pgclinic.instance import Binaries, Instance, binaries_for, start
from pgclinic.model.errors import UserError
from pgclinic.model.review import Failure, MigrationStatement, Trace
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.sql.deeds import extension_in, role_in
from pgclinic.twin import cluster, scratch_pieces
from pgclinic.twin.allowed import ALLOWED_EXTENSIONS
from pgclinic.twin.building import Builder, connected, create_extensions, lay_foundations
from pgclinic.twin.cluster import BUILDER
from pgclinic.twin.guard import Guard
from pgclinic.twin.rebuild import give_to_owners
from pgclinic.twin.tracing import AS_THEY_ARE, Tracer, failure_of

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
_FILLS_NOTHING = frozenset({*AS_THEY_ARE, "alter_table_stmt", "index_stmt", "drop_stmt", "view_stmt", "create_stmt"})
_MOST_NOTICES, _LONGEST_NOTICE = 100, 200
_NO_RIGHT = "42501"
_MAY_BE_AN_EXTENSION_S = frozenset({"42883", "3F000", "42704"})
"""undefined_function, invalid_schema_name, undefined_object."""
_MISSING_ROLE = re.compile(r'role "(.+)" does not exist')
_MOST_INVENTED = 20


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
            self._tracer = Tracer(self.connection)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def is_in_transaction(self) -> bool:
        """Whether a BEGIN of the file is open."""
        return self._tracer.is_in_transaction

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
                trace = self._tracer.trace(statement)
                for _ in range(_MOST_INVENTED if self._invents_roles else 0):
                    role = _missing_role(trace.failure)
                    if role is None or not self._make_role(role, may_own=True):
                        break
                    trace = self._tracer.trace(statement)
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
            return failure_of(error)
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
                builder.make([*laid.later, *scratch_pieces.pieces(snapshot, relations, laid.known)])
                omissions += builder.omissions
            give_to_owners(superuser, snapshot, relations, accounts.roles)
        self.omissions = tuple(dict.fromkeys(omissions))
        self._lacks_extension = any(each.startswith("extension ") for each in omissions)

    def _noticed(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if len(self._notices) < _MOST_NOTICES:
            message = str(diagnostic.message_primary or "")[:_LONGEST_NOTICE]
            self._notices.append(Failure(sqlstate=diagnostic.sqlstate or "", message=message))

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


def _missing_role(failure: Failure | None) -> str | None:
    found = _MISSING_ROLE.fullmatch(failure.message) if failure is not None else None
    return found[1] if found else None
