"""Batches whose process, session or server is killed at random instants: what was acknowledged is there exactly once.

Ten kills each with a spool and without in the tests; `make torture` asks for more, with another seed each time.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from batch_kills import Kills
from conftest import Database, binaries_on_machine
from pgclinic.instance import start
from pgclinic_runtime.batches import setup

pytestmark = pytest.mark.server

KILLS = int(os.environ.get("TORTURE_KILLS", "10"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))


@pytest.fixture(scope="module", params=[15, 18])
def own_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database on a server of its own, which may crash; what was committed is kept."""
    settings = {"synchronous_commit": "on", "autovacuum": "off", "restart_after_crash": "on"}
    with start(binaries_on_machine(request.param), settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            connection.execute("create database shop")
        yield Database(instance, "shop")


@pytest.mark.parametrize("how", ["append", "insert"])
@pytest.mark.parametrize("is_spooled", [True, False])
def test_whatever_is_killed_every_acknowledged_row_is_there_exactly_once(
    own_database: Database,
    tmp_path: Path,
    is_spooled: bool,  # noqa: FBT001
    how: str,
) -> None:
    kills = Kills(own_database, tmp_path / "spool" if is_spooled else None, how, SEED)
    # No key: a row that is written twice shows.
    kills.execute("drop schema if exists pgclinic_runtime cascade")  # one that failed may have left it
    kills.execute("drop table if exists events; create table events (number int, text text check (text <> 'bad'))")
    with own_database.connect() as connection:
        setup(connection)
    started = time.monotonic()
    kills.run(KILLS)
    safe = kills.check()
    print(
        f"\n{how}, spool {is_spooled}, seed {SEED}: {dict(kills.counts)} kills in"
        f" {time.monotonic() - started:.0f} s, {safe:,} acknowledged rows there exactly once"
    )
    assert safe > 0
    kills.execute("drop schema pgclinic_runtime cascade")
