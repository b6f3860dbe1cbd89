"""What a server tells of its backups: WAL that waits to be archived or fetched, and base backups under way."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pgclinic.instance import Instance, find_binaries, start
from pgclinic.model.names import ObjectName
from pgclinic.watch.keeping_up import keeping_up
from pgclinic.watch.looks import COUNTERS
from pgclinic.watch.source import ServerSource

pytestmark = pytest.mark.server
SEGMENT = 16 << 20
STREAM = ObjectName("replication slot", "stream")
PATIENCE = 120


def figures(source: ServerSource) -> dict[tuple[str, ObjectName | None], float | None]:
    return {(name, of): value for name, value, of in keeping_up(source.ask(COUNTERS))}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.2)


def write_segments(session: psycopg.Connection, count: int) -> None:
    for _ in range(count):
        session.execute("select pg_logical_emit_message(false, 'test', 'something to switch from')")
        session.execute("select pg_switch_wal()")


def base_backup(instance: Instance, folder: Path) -> "subprocess.Popen[bytes]":
    """One that takes a quarter of an hour."""
    return subprocess.Popen(
        [
            instance.binaries.program("pg_basebackup"),
            f"--dbname={instance.conninfo()}",
            f"--pgdata={folder}",
            "--max-rate=32k",
            "--wal-method=none",
            "--checkpoint=fast",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_wal_that_nobody_takes_and_a_backup_that_does_not_end(tmp_path: Path) -> None:
    settings = {"archive_mode": "on", "archive_command": "true", "wal_level": "replica", "max_wal_senders": "3"}
    with (
        start(find_binaries()[0], settings=settings) as instance,
        psycopg.connect(instance.conninfo(), autocommit=True) as session,
    ):
        with (instance.data_directory / "pg_hba.conf").open("a") as file:
            file.write("local replication all scram-sha-256\n")
        session.execute("select pg_reload_conf()")
        source = ServerSource(instance.conninfo())
        write_segments(session, 1)
        wait_for(lambda: figures(source).get(("archive_behind_bytes", None)) == 0)
        assert figures(source)["base_backup_s", None] == 0

        session.execute("alter system set archive_command = ''")  # it does not fail: it does nothing
        session.execute("select pg_reload_conf()")
        wait_for(lambda: session.execute("show archive_command").fetchone() == ("",))
        session.execute("select pg_create_physical_replication_slot('stream', true)")
        write_segments(session, 4)
        seen = figures(source)
        assert seen["archive_behind_bytes", None] in {3 * SEGMENT, 4 * SEGMENT}
        assert (seen["slot_unused_bytes", STREAM] or 0) > 3 * SEGMENT
        assert seen["archive_age_s", None] == 0

        backup = base_backup(instance, tmp_path / "backup")
        try:
            wait_for(lambda: (figures(source)["base_backup_s", None] or 0) > 0)
        finally:
            backup.kill()
            backup.wait()
        wait_for(lambda: figures(source)["base_backup_s", None] == 0)
        source.close()
