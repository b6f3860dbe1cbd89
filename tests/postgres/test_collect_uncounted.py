"""A visit looks along indexes, and that is no use of them: an unused index must not seem used to the next visit."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
create table orders as select n as id, n % 7 as state, n as code from generate_series(1, 100) as n;
create index orders_used on orders (id);
create index orders_unused on orders (state);
create index orders_twice on orders (code);
create index orders_twice_too on orders (code, id);
analyze
"""
USES = """
set enable_seqscan = off;
select count(*) from orders where id = 1;
select count(*) from orders where code = 1 and id = 1
"""


def visit(conninfo: str) -> tuple[dict[str, int | None], list[str]]:
    with open_session(conninfo) as connection:
        snapshot = drive(collect(connection))
    scans = {index.name: index.scans for index in snapshot.indexes}
    return scans, sorted(ends.column for ends in snapshot.column_ends)


def test_a_superuser_looks_without_being_counted(database_on_every: "Database") -> None:
    database_on_every.execute(SCHEMA)
    first, columns = visit(database_on_every.conninfo)
    second, _ = visit(database_on_every.conninfo)
    assert columns == ["code", "id", "state"]
    assert first == second == dict.fromkeys(first, 0)


def test_others_leave_alone_what_nobody_has_scanned(role_name: str, database_on_every: "Database") -> None:
    database = database_on_every
    database.execute(SCHEMA)
    database.execute(f"create role {role_name} login password 'pw'; grant select on orders to {role_name}")
    database.execute(USES)
    first, columns = visit(database.conninfo_as(role_name, "pw"))
    second, _ = visit(database.conninfo_as(role_name, "pw"))
    assert columns == ["id"]
    assert {name for name, scans in second.items() if not scans} == {name for name, scans in first.items() if not scans}
    assert "orders_unused" in {name for name, scans in second.items() if not scans}
