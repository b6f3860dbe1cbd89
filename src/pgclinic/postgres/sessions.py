"""The three sessions of a treatment, and the words for their loss."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Self

import psycopg

from pgclinic.model.errors import UserError
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.locks import take_clinic_lock
from pgclinic.postgres.pooling import demand_direct_connection

_SETTINGS = """
select pg_catalog.set_config(name, value, false)
from (values
  ('default_transaction_read_only', 'off'),
  ('statement_timeout', '0'),
  ('lock_timeout', '0'),
  ('synchronous_commit', 'on'),
  ('client_connection_check_interval', '500ms'),
  ('tcp_keepalives_idle', '30'),
  ('tcp_keepalives_interval', '10'),
  ('tcp_keepalives_count', '3')
) as wanted (name, value)
where name in (select name from pg_catalog.pg_settings)
order by name
"""
"""Nothing of a role's or a pooler's own settings ends a build, and what the journal says outlives a crash. The server
stops working for a client that is gone: at once where it can tell (14+), else after a minute."""


class Sessions:
    """Three sessions on one database, none of which is left in a transaction.

    ``guard`` holds the clinic's lock and does nothing else, so that the lock ends with the client even while the
    server is still at work for it; ``observer`` looks on and writes the journal; ``worker`` runs the statements.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._exit = ExitStack()
        self.on_new_worker: Callable[[int], None] = lambda _pid: None
        try:
            self.guard = self._open()
            self.observer = self._open()
            demand_direct_connection(self.guard, self.observer)
            self.worker = self._configured(self._open())
            self._configured(self.guard)
            self._configured(self.observer)
        except BaseException:
            self._exit.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def another(self) -> "Sessions":
        """The same guard and observer with a worker of its own, which is closed with these sessions."""
        other = object.__new__(Sessions)
        vars(other).update(vars(self))
        other.on_new_worker = lambda _pid: None
        other.worker = self._configured(self._open())
        return other

    def lock(self) -> None:
        """Keep every other clinic away from this database. Raises UserError when one is at work."""
        take_clinic_lock(self.guard)

    def demand_lock(self) -> None:
        """Raise psycopg.OperationalError when the lock was lost with its session."""
        self.guard.execute("select 1")

    def renew_worker(self) -> None:
        """A new worker where the connection of the old one is gone; ``on_new_worker`` is told its process."""
        try:
            self.worker.execute("select 1")
        except psycopg.OperationalError:
            self.worker.close()
            try:
                self.worker = self._configured(self._open())
            except UserError as error:
                # It was there a moment ago: whoever comes again will find it.
                raise psycopg.OperationalError(str(error)) from error
            self.on_new_worker(self.worker.info.backend_pid)

    def _open(self) -> psycopg.Connection:
        connection = open_session(self._conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0)
        self._exit.callback(connection.close)
        return connection

    def _configured(self, connection: psycopg.Connection) -> psycopg.Connection:
        # Where the server's system cannot tell a lost connection, a second run waits for what the first left.
        with suppress(psycopg.errors.InvalidParameterValue):
            connection.execute(_SETTINGS)
        return connection


@contextmanager
def loss_in_words(command: str) -> Iterator[None]:
    """A lost connection, or a refusal outside of a prescription, as a UserError; ``command`` is to be run again."""
    try:
        yield
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
        is_lost = error.sqlstate is None or error.sqlstate.startswith("57P")
        raise UserError(
            f"The connection to the server was lost ({reason}); run {command} again, it goes on where it stopped."
            if is_lost
            else f"The server refused what {command} needs ({reason}); cure that and run {command} again."
        ) from error
