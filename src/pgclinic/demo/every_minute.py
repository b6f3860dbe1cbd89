"""A timer as cron would be: statements run every minute, each in a transaction of its own, until told to stop."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg

_SECONDS = 60.0


@contextmanager
def every_minute(conninfo: str, statements: Sequence[str]) -> Iterator[None]:
    """Meanwhile run them. What fails is run again a minute later, as cron does it."""
    over = threading.Event()
    thread = threading.Thread(target=_run, args=(conninfo, statements, over), name="every minute")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def once(conninfo: str, statements: Sequence[str]) -> None:
    """Run them now. What fails is left out."""
    for statement in statements:
        with suppress(psycopg.Error), psycopg.connect(conninfo, autocommit=True, application_name="cron") as connection:
            connection.execute(statement.encode())


def _run(conninfo: str, statements: Sequence[str], over: threading.Event) -> None:
    while True:
        once(conninfo, statements)
        if over.wait(_SECONDS):
            return
