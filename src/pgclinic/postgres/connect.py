"""Opening a session on a user's server: polite, recognisable, with fixed formats, and with errors that keep secrets."""

import os
import re

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgclinic.model.errors import UserError
from pgclinic.probes.scope import marked

APPLICATION_NAME = "pgclinic"
OLDEST_SERVER = 130000
CONNECT_SECONDS = 5

_WITNESS = "pgclinic.session"
"""A setting of our own, which only a server session that began with our options has."""

_FORMATS = {
    "datestyle": "ISO,YMD",
    "timezone": "UTC",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "client_min_messages": "warning",
}

_KEEPALIVES = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""A network that swallows everything is noticed after a minute, not after the system's two hours."""

_PORTS = re.compile(r"[0-9,]*")

_URI_WITH_LATE_AT = re.compile(r"\s*postgres(?:ql)?://[^/?]*/[^?]*@")
"""A password with a slash: libpq takes what follows the slash for the database, and an error would show it."""

_ADVICE = {
    "password": "check the role and its password (PGPASSWORD, ~/.pgpass or --password-command)",
    "does not exist": "check the name",
    "pg_hba.conf": "ask the server's administrator for an entry in pg_hba.conf",
    "too many": "free a connection or use another role",
    "starting up": "wait until the server is up",
    "timeout": "check the host and port, and whether a firewall is in between",
    "refused": "check the host and port, and whether the server is running",
    "translate host name": "check the host",
    "resolve": "check the host",
    "No such file": "check the socket directory and port, and whether the server is running",
}


def open_session(
    conninfo: str, *, read_only: bool = True, statement_timeout_ms: int = 5000, lock_timeout_ms: int = 50
) -> psycopg.Connection:
    """A session in autocommit mode, without prepared statements. Timeouts in milliseconds, 0 for none.

    The settings travel as startup options; a pooler that refuses them gets none (see ``is_pooled``), because a SET
    would stay behind in a server session that others use next.
    Raises UserError, one sentence without secrets, when there is no connection to be had or the server is too old.
    """
    given = parameters_of(conninfo)
    settings = {
        _WITNESS: "on",
        **_FORMATS,
        "statement_timeout": str(statement_timeout_ms),
        "lock_timeout": str(lock_timeout_ms),
    }
    if read_only:
        settings["default_transaction_read_only"] = "on"
    options = " ".join([given.get("options", ""), *(f"-c {name}={value}" for name, value in settings.items())])
    try:
        connection = _connect(given, options=options.strip())
    except psycopg.OperationalError as error:
        if "unsupported startup parameter" not in str(error):
            raise UserError(_sentence(given, error)) from None
        try:
            connection = _connect({name: value for name, value in given.items() if name != "options"})
        except psycopg.OperationalError as second:
            raise UserError(_sentence(given, second)) from None
    if connection.info.server_version < OLDEST_SERVER:
        version = connection.info.parameter_status("server_version") or "unknown"
        connection.close()
        raise UserError(
            f"The server of {_place(given)} is PostgreSQL {version}, and pgclinic needs 13 or newer; "
            "upgrade the server."
        )
    return connection


def is_pooled(connection: psycopg.Connection) -> bool:
    """Whether a pooler in between refused or swallowed our startup options, so that the session is not ours alone."""
    (row,) = connection.execute(marked(f"select pg_catalog.current_setting('{_WITNESS}', true)")).fetchall()
    return row != ("on",)


def parameters_of(conninfo: str) -> dict[str, str]:
    """A URI or conninfo string as its parameters. Raises UserError, which never repeats the text."""
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
    except psycopg.ProgrammingError:
        raise UserError(
            "The target is no connection string that libpq understands; write postgresql://user@host:port/database, "
            "with special characters of the password percent-encoded."
        ) from None
    if "@" in given.get("host", "") or not _PORTS.fullmatch(given.get("port", "")) or _URI_WITH_LATE_AT.match(conninfo):
        raise UserError(
            "The target's host and port cannot be told from its password; percent-encode the password's special "
            "characters (%40 for @, %2F for /, %3A for a colon)."
        )
    return given


def _connect(given: dict[str, str], **extra: str) -> psycopg.Connection:
    defaults = {name: value for name, value in _KEEPALIVES.items() if name not in given}
    if "connect_timeout" not in given and "PGCONNECT_TIMEOUT" not in os.environ:
        defaults["connect_timeout"] = str(CONNECT_SECONDS)
    parameters = {**given, **defaults, **extra, "application_name": APPLICATION_NAME, "client_encoding": "UTF8"}
    return psycopg.connect(make_conninfo("", **parameters), autocommit=True, prepare_threshold=None)


def _sentence(given: dict[str, str], error: psycopg.Error) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no reason given"]
    fatal = [line for line in lines if "FATAL:" in line or "failed:" in line]
    reason = (fatal or lines)[-1].rpartition("FATAL:")[2].rpartition("failed:")[2].strip().rstrip(".")
    if given.get("password") and given["password"] in reason:
        reason = "the connection failed"
    advice = next((advice for word, advice in _ADVICE.items() if word in reason), "check the target")
    return f"Cannot connect to {_place(given)}: {reason}; {advice}."


def _place(given: dict[str, str]) -> str:
    """For people: database, host and port as libpq would take them, without user and password."""
    database = given.get("dbname") or os.environ.get("PGDATABASE") or "the default database"
    host = given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST") or "the local socket"
    port = given.get("port") or os.environ.get("PGPORT") or "5432"
    return f"{database} on {host}, port {port}"
