"""A standby, whose server refuses much that a primary allows."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgclinic.instance import Instance, binaries_for, start
from pgclinic.instance.account import server_account
from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Course, Patient, WorkloadEffect
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo

if TYPE_CHECKING:
    from tests.conftest import Servers

pytestmark = pytest.mark.server


@contextmanager
def standby_of(primary: Instance) -> Iterator[str]:
    """A conninfo of a standby made from a base backup, which follows nobody."""
    data = primary.socket_directory / "standby"
    with psycopg.connect(primary.conninfo(), autocommit=True) as connection:
        connection.execute("select pg_backup_start('standby', true)")
        subprocess.run(["cp", "-a", primary.data_directory, data], check=True)
        [(label,)] = connection.execute("select labelfile from pg_backup_stop(false)").fetchall()
    subprocess.run(["rm", "-r", data / "pg_wal", data / "postmaster.pid"], check=True)
    subprocess.run(["cp", "-a", primary.data_directory / "pg_wal", data / "pg_wal"], check=True)
    account = server_account()
    for name, text in {"backup_label": label, "standby.signal": ""}.items():
        (data / name).write_text(text)
        os.chown(data / name, account.uid, account.gid)
    command = [primary.binaries.program("postgres"), "-D", data, "-c", "port=5433"]
    command += ["-c", "logging_collector=on", "-c", "log_directory=log", "-c", "log_filename=standby"]
    standby = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        user=account.switch_user,
        group=account.switch_group,
        extra_groups=account.switch_groups,
    )
    conninfo = make_conninfo(primary.conninfo(), port="5433")
    try:
        for _ in range(200):
            try:
                psycopg.connect(conninfo).close()
                break
            except psycopg.OperationalError:
                assert standby.poll() is None, (data / "log" / "standby").read_text()
                time.sleep(0.1)
        yield conninfo
    finally:
        standby.terminate()
        standby.wait()


@pytest.mark.parametrize("major", [15, 18])
def test_a_standby_is_seen_whole(server: "Servers", major: int) -> None:
    settings = {"shared_preload_libraries": "pg_stat_statements", "wal_level": "replica"}
    with start(server(major).binaries, settings=settings) as primary:
        with psycopg.connect(primary.conninfo(), autocommit=True) as connection:
            for statement in (
                "create extension pg_stat_statements",
                "create extension pageinspect",
                "create table t (id serial primary key, b text)",
                "create unlogged table u (id serial primary key)",
                "insert into t (b) select 'x' from generate_series(1, 100)",
                "insert into u default values",
                "analyze",
            ):
                connection.execute(statement)
        with standby_of(primary) as conninfo, open_session(conninfo) as connection:
            snapshot = drive(collect(connection))

    assert snapshot.server.in_recovery
    assert snapshot.blind_spots == ()
    last = {sequence.name: sequence.last_value for sequence in snapshot.sequences}
    assert last["t_id_seq"] is not None
    assert [ends.high for ends in snapshot.column_ends] == ["100"]
    assert {index.name: index.tree_level for index in snapshot.indexes} == {"t_pkey": 0, "u_pkey": None}


def test_a_standby_is_not_treated() -> None:
    patient = Patient(database="postgres", database_oid=5, system_identifier="", version_num=180000, clock="")
    effect = WorkloadEffect(cost_before=0, cost_after=0, planned_by="", statements=0)
    course = Course(patient=patient, prescriptions=(), workload=effect)
    with start(binaries_for(18)) as primary, standby_of(primary) as conninfo:
        for verb in (treat(conninfo, course), treat(conninfo, course, dry_run=True), undo(conninfo)):
            with pytest.raises(UserError, match="is a standby; connect to its primary"):
                drive(verb)
