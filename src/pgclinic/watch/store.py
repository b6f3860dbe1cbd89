"""Opening a history store: a file of SQLite, or a database of PostgreSQL."""

from pathlib import Path
from typing import Any

import platformdirs
import sqlalchemy as sa
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from pgclinic.model.errors import UserError
from pgclinic.watch.migrations import bring_up_to_date

WAIT_SECONDS = 5.0
"""How long a write waits for another one of the same file."""


def default_store() -> str:
    """The URI of the file in the user's data folder."""
    return f"sqlite:///{Path(platformdirs.user_data_dir('pgclinic', appauthor=False)) / 'history.sqlite'}"


def open_store(uri: str | None = None, *, wait_seconds: float = WAIT_SECONDS) -> Engine:
    """An engine on an up-to-date store, made where there is none; a write waits so long for another one.

    ``uri`` is ``sqlite:///FILE``, the path of a file, or ``postgresql://…``. Raises UserError, without a secret.
    """
    engine = sa.create_engine(_url(uri or default_store()), pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        _prepare_file(engine, wait_seconds)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("begin immediate")
            bring_up_to_date(connection)
    except DBAPIError as error:
        raise UserError(f"The history store cannot be opened: {first_line(error)}; check --store.") from None
    return engine


def first_line(error: DBAPIError) -> str:
    """The driver's own words, without the statement and its values."""
    return (str(error.orig).strip().splitlines() or ["no reason given"])[0].strip().rstrip(".")


def _url(uri: str) -> sa.URL:
    text = uri if "://" in uri else f"sqlite:///{Path(uri).expanduser().absolute()}"
    if text.startswith(("postgresql://", "postgres://")):
        text = "postgresql+psycopg://" + text.partition("://")[2]
    try:
        url = make_url(text)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise UserError(
            "--store is no URI of a store; give sqlite:///FILE or postgresql://user@host/database."
        ) from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise UserError(
            "--store is neither SQLite nor PostgreSQL; give sqlite:///FILE or postgresql://user@host/database."
        )
    return url


def _prepare_file(engine: Engine, wait_seconds: float) -> None:
    """Readers never wait for the writer (WAL), and a write that is told was told survives a crash of ours."""
    path = engine.url.database
    if path and path != ":memory:":
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"The folder of the history store cannot be made: {error.strerror}.") from None

    def set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        cursor = connection.cursor()
        cursor.execute(f"pragma busy_timeout = {int(wait_seconds * 1000)}")
        cursor.execute("pragma journal_mode = wal")
        cursor.execute("pragma synchronous = normal")
        cursor.close()

    event.listen(engine, "connect", set_up)
