import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.checks.invalid_index import examine
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


def _invalid(database: "Database") -> list[str]:
    with open_session(database.conninfo) as connection:
        return [finding.object.name for finding in examine(drive(collect(connection)))]


def _build(database: "Database") -> None:
    with database.connect() as connection, pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("create index concurrently orders_id_idx on orders (id)")


def test_an_index_is_invalid_while_it_is_built_and_that_is_no_illness(database_on_each: "Database") -> None:
    database = database_on_each
    database.execute("create table orders as select n as id from generate_series(1, 100) as n")
    building = "select pid from pg_stat_progress_create_index where datname = current_database()"
    with database.connect() as writer, writer.transaction():
        writer.execute("insert into orders values (0)")
        builder = threading.Thread(target=_build, args=(database,))
        builder.start()
        for _ in range(200):
            if database.execute(building):
                break
            time.sleep(0.02)
        assert database.execute("select indexrelid from pg_index where not indisvalid") != []
        assert _invalid(database) == []
        database.execute(f"select pg_cancel_backend(pid) from ({building}) as building")
        builder.join()
    assert _invalid(database) == ["orders_id_idx"]
