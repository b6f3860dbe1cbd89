"""PgBouncer in front of one server, through a socket, with the SCRAM secrets of the server's own roles."""

import os
import secrets
import signal
import stat
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from pgclinic.instance import Instance, Process
from pgclinic.stack.part import Part, run_in_folder, write_private
from pgclinic.stack.programs import Program, demand_pgbouncer

PORT = 6432
_USERS = "userlist.txt"
_CONSOLE = "pgclinic_console"
"""Who asks the console, and nobody else does: PgBouncer 1.25 keeps a role from the server that proved its secret at the
console first (``scram.c``: the secret is then remembered as one that gives no keys)."""
_PREPARED = 200
"""Statements that a server session keeps, as PgBouncer does by itself from 1.24 on."""
_SECRETS = """
select rolname, coalesce(rolpassword, '')
from pg_catalog.pg_authid
where rolcanlogin and (rolpassword like 'SCRAM-SHA-256$%%' or %s)
order by rolname
"""
_BASE_SETTINGS: dict[str, object] = {
    "listen_addr": "",
    "listen_port": PORT,
    "unix_socket_dir": "{folder}",
    "unix_socket_mode": "0700",
    "auth_type": "scram-sha-256",
    "auth_file": "{folder}/userlist.txt",
    "pool_mode": "transaction",
    "default_pool_size": 10,
    "max_client_conn": 1000,
    "ignore_startup_parameters": "extra_float_digits",
    "server_tls_sslmode": "disable",
}
_DIRECTLY = {"hostaddr": "", "options": "", "channel_binding": "disable", "target_session_attrs": "any"}


class Pooler(Part):
    """A running PgBouncer. ``conninfo`` leads through it to a database of its server, ``admin`` to its console.

    ``can_prepare`` tells whether it follows prepared statements in transaction mode; where it does not, clients must
    not make any (psycopg: ``prepare_threshold=None``).
    """

    name = "PgBouncer"

    def __init__(self, process: Process, program: Program, server: Instance, console: str) -> None:
        super().__init__(process, program.label)
        self.can_prepare = program.can_prepare
        self._server = server
        self._console = console

    def conninfo(self, dbname: str = "postgres", user: str | None = None, password: str | None = None) -> str:
        """How to connect through it: as the server's superuser, or as ``user``. Holds the password."""
        return make_conninfo(
            host=str(self.directory),
            port=PORT,
            dbname=dbname,
            user=user or self._server.superuser,
            password=(password if user else self._server.password) or None,
            **_DIRECTLY,
        )

    @property
    def admin(self) -> str:
        """The console's connection string, for SHOW POOLS, PAUSE and the like."""
        return self.conninfo("pgbouncer", _CONSOLE, self._console)

    def is_healthy(self) -> bool:
        """Whether the console answers, and so whether it serves; its server may still be down."""
        if not _is_socket(self.directory / f".s.PGSQL.{PORT}"):
            return False
        try:
            with psycopg.connect(self.admin, autocommit=True, connect_timeout=5, prepare_threshold=None) as console:
                console.execute("show version", prepare=False)
        except psycopg.Error:
            return False
        return True

    def refresh_users(self) -> None:
        """Learn the roles and passwords that came after its start."""
        write_private(self.directory / _USERS, _users(self._server, self._console))
        pid = self.process.pid
        if pid is not None:
            os.kill(pid, signal.SIGHUP)


def start_pooler(server: Instance, settings: Mapping[str, object] | None = None) -> Pooler:
    """PgBouncer in front of ``server``, any database of it, with these settings of section [pgbouncer] on top.

    Raises UserError where PgBouncer is missing, InstanceError where it does not start.
    """
    program = demand_pgbouncer()
    # A server that trusts whoever may open its socket has no secrets to prove, and its pooler's socket is as closed.
    trusting = {} if server.password else {"auth_type": "trust"}
    preparing = {"max_prepared_statements": _PREPARED} if program.can_prepare else {}
    lines = {**_BASE_SETTINGS, **trusting, **preparing, "admin_users": _CONSOLE, **(settings or {})}
    text = f"[databases]\n* = host={server.socket_directory} port=5432\n\n[pgbouncer]\n"
    text += "".join(f"{key} = {value}\n" for key, value in lines.items())
    console = secrets.token_urlsafe()
    files = {"pgbouncer.ini": text, _USERS: _users(server, console)}
    pooler = Pooler(run_in_folder(files, [program.path, "{folder}/pgbouncer.ini"]), program, server, console)
    try:
        pooler.wait_until_healthy()
    except BaseException:
        pooler.stop()
        raise
    return pooler


def _users(server: Instance, console: str) -> str:
    """The secrets of the server, no passwords: PgBouncer logs in there with what its clients prove to know.

    And the console's password, which opens nothing else.
    """
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        rows = connection.execute(_SECRETS, [not server.password]).fetchall()
    return "".join(f"{_quoted(name)} {_quoted(secret)}\n" for name, secret in [*rows, (_CONSOLE, console)])


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False
