"""A primary and its streaming replicas, each through a slot of its own so that one that was away catches up."""

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from pgclinic.instance import Binaries, Instance, InstanceError, failure, run_as_server, start, start_filled
from pgclinic.stack.part import write_private

_REPLICATOR = "pgclinic_replicator"
_PRIMARY_SETTINGS = {
    "wal_level": "logical",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "max_slot_wal_keep_size": "1GB",
    # An acknowledged commit must outlive a killed process; that of the machine is not at stake.
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
_REPLICA_SETTINGS = {"hot_standby": "on", "hot_standby_feedback": "on"}
_CATCH_UP_SECONDS = 60


class Replica:
    """A streaming replica. ``server`` is the Instance that runs it."""

    def __init__(self, server: Instance, primary: Instance, slot: str) -> None:
        self.server = server
        self.slot = slot
        self._primary = primary

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def conninfo(self, dbname: str = "postgres", user: str | None = None, password: str | None = None) -> str:
        """How to connect to it: roles and passwords are the primary's."""
        return self.server.conninfo(dbname, user, password)

    def is_healthy(self) -> bool:
        """Whether it answers and receives from its primary."""
        try:
            row = _ask(self.server, "select status from pg_catalog.pg_stat_wal_receiver")
        except psycopg.Error:
            return False
        return row is not None and row[0] == "streaming"

    def pause(self) -> None:
        """Apply nothing from now on; what comes in is kept."""
        _ask(self.server, "select pg_catalog.pg_wal_replay_pause()")
        self._wait_until("select pg_catalog.pg_get_wal_replay_pause_state() = 'paused'")

    def resume(self) -> None:
        """Apply again."""
        _ask(self.server, "select pg_catalog.pg_wal_replay_resume()")

    def delay(self, seconds: float) -> None:
        """Apply each commit so long after it was made (``recovery_min_apply_delay``); 0 for at once."""
        with psycopg.connect(self.server.conninfo(), autocommit=True) as connection:
            milliseconds = sql.Literal(f"{seconds * 1000:.0f}ms")
            connection.execute(sql.SQL("alter system set recovery_min_apply_delay = {}").format(milliseconds))
            connection.execute("select pg_catalog.pg_reload_conf()")
        self._wait_until(
            "select setting::float8 = %s from pg_catalog.pg_settings where name = 'recovery_min_apply_delay'",
            float(round(seconds * 1000)),
        )

    def lag_bytes(self) -> int:
        """How much of what the primary has written is not applied here."""
        (now,) = _row(self._primary, "select pg_catalog.pg_current_wal_insert_lsn()")
        (behind,) = _row(
            self.server,
            "select pg_catalog.pg_wal_lsn_diff(%s::pg_lsn, pg_catalog.pg_last_wal_replay_lsn())::int8",
            now,
        )
        return max(0, int(str(behind)))

    def wait_for(self, lsn: str | None = None) -> None:
        """Wait until everything up to ``lsn``, or all that the primary has written by now, is applied here."""
        target = lsn or str(_row(self._primary, "select pg_catalog.pg_current_wal_flush_lsn()")[0])
        self._wait_until("select pg_catalog.pg_last_wal_replay_lsn() >= %s::pg_lsn", target)

    def kill(self) -> None:
        """End it as a crash would."""
        self.server.kill()

    def start_again(self) -> None:
        """After ``kill``: it recovers and takes up its stream."""
        self.server.start_again()

    def detach(self) -> None:
        """Let it outlive this process."""
        self.server.detach()

    def stop(self) -> None:
        """Stop it, remove its files, and give its slot back where the primary is still there. Safe to call twice."""
        self.server.stop()
        drop = "select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots"
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                _ask(self._primary, f"{drop} where slot_name = %s", self.slot)
            except psycopg.errors.ObjectInUse:  # until the primary notices that nobody reads
                time.sleep(0.05)
            except psycopg.Error:
                return
            else:
                return

    def _wait_until(self, question: str, *parameters: object) -> None:
        deadline = time.monotonic() + _CATCH_UP_SECONDS
        while time.monotonic() < deadline:
            row = _ask(self.server, question, *parameters)
            if row is not None and row[0]:
                return
            time.sleep(0.01)
        raise InstanceError(f"A replica did not get there within {_CATCH_UP_SECONDS} seconds; see its log.")


def start_primary(binaries: Binaries, settings: Mapping[str, str] | None = None, *, trusted: bool = False) -> Instance:
    """An empty server that replicas may follow, with these settings on top. Raises InstanceError."""
    primary = start(binaries, settings={**_PRIMARY_SETTINGS, **(settings or {})}, trusted=trusted)
    try:
        _allow_replicas(primary)
    except BaseException:
        primary.stop()
        raise
    return primary


def _allow_replicas(server: Instance) -> None:
    """Let replicas follow a running server: a role for them, and a line that lets it in."""
    with (server.data_directory / "pg_hba.conf").open("a") as file:
        file.write(f"local replication all {'scram-sha-256' if server.password else 'trust'}\n")
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login replication").format(sql.Identifier(_REPLICATOR)))
        connection.execute("select pg_catalog.pg_reload_conf()")


def start_replica(primary: Instance, settings: Mapping[str, str] | None = None) -> Replica:
    """A replica of a server that ``start_primary`` made, with these settings on top. Raises InstanceError."""
    slot = f"replica_{secrets.token_hex(4)}"
    password = _password_of_replicator(primary)

    def fill(programs: Binaries, data: Path) -> None:
        # -R leaves the replicator's password in a file of the data directory, which only the server may read.
        command: list[str | Path] = [programs.program("pg_basebackup"), "--pgdata", data, "--no-password"]
        command += ["--host", primary.socket_directory, "--port", "5432", "--username", _REPLICATOR]
        command += ["--wal-method", "stream", "--checkpoint", "fast", "--no-sync", "--write-recovery-conf"]
        command += ["--create-slot", "--slot", slot]
        answer = run_as_server(command, variables={"PGPASSWORD": password})
        if answer.returncode != 0:
            raise InstanceError(failure("The base backup for a replica failed", answer.stderr))

    server = start_filled(
        primary.binaries, fill, settings={**_REPLICA_SETTINGS, **(settings or {})}, password=primary.password
    )
    return Replica(server, primary, slot)


def _password_of_replicator(primary: Instance) -> str:
    """One password for all replicas of a primary, kept beside its files: the primary keeps a secret of it only."""
    file = primary.socket_directory / "replicator"
    if file.exists():
        return file.read_text()
    password = secrets.token_urlsafe(24)
    with psycopg.connect(primary.conninfo(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(_REPLICATOR), sql.Literal(password))
        )
    write_private(file, password)
    return password


def _ask(server: Instance, question: str, *parameters: object) -> tuple[object, ...] | None:
    with psycopg.connect(server.conninfo(), autocommit=True, connect_timeout=5) as connection:
        return connection.execute(question.encode(), parameters or None).fetchone()


def _row(server: Instance, question: str, *parameters: object) -> tuple[object, ...]:
    row = _ask(server, question, *parameters)
    assert row is not None
    return row
