"""Rules that weigh a migration against the work that the database does: its statements, as they were counted."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.reviews.test_review import renamed

from pgclinic.model.snapshot_file import read
from pgclinic.sql.statements import split
from reviewing import found, reviewed, same, seen, seen_again, text_of
from test_example import ROOT

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

Write = Callable[[str], str]
NAMES = pytest.mark.parametrize("write", [same, renamed])
QUIETLY = "set lock_timeout = '2s';\n"
"""So that the lock of CREATE INDEX CONCURRENTLY and CREATE TRIGGER is no mistake."""


def after(database: "Database", work: str, times: int) -> None:
    """The database with so much work counted."""
    with database.connect() as connection:
        connection.execute("create extension if not exists pg_stat_statements")
        for statement in split(work):
            for _ in range(times):
                connection.execute(statement.encode())


FOR_ITSELF = """
create table closed (on_day date not null);
create index concurrently events_day_idx on events (((happened_at at time zone 'UTC')::date)) include (happened_at);
create index concurrently events_kind_idx on events (kind);
create function events_of_closed_days() returns bigint language plpgsql as $$
begin
    return (select count(happened_at) from closed
            join events on (happened_at at time zone 'UTC')::date = on_day);
end $$;
"""


@NAMES
def test_an_index_for_the_migration_s_own_function_has_a_use(database: "Database", write: Write) -> None:
    snapshot = seen(database, write)
    result = reviewed(write(QUIETLY + FOR_ITSELF), snapshot, workload=write(text_of("workload.sql")))
    assert found(result) == [(5, "unused_new_index")]
    own, other = result.indexes
    assert [gain.calls for gain in own.gains] == [0]
    assert other.unused_because


def test_the_same_index_has_none_without_it(database: "Database") -> None:
    alone = QUIETLY + "\n".join(FOR_ITSELF.splitlines()[:3]) + ";"
    assert found(reviewed(alone, seen(database), workload=text_of("workload.sql"))) == [(4, "unused_new_index")]


BULK = """
insert into events select last + n, 'bulk', 1, '', now()
    from generate_series(1, 1000) n, (select max(id) as last from events) events_before;
update customers set name = 'one' where id = 7;
"""
TRIGGERS = """
create function noted() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger noted_each after insert on events for each row execute function noted();
create trigger noted_all after insert on events referencing new table as new_rows
    for each statement execute function noted();
create trigger noted_one after update on customers for each row execute function noted();
"""


@NAMES
def test_a_trigger_for_each_row_speaks_against_bulk_alone(database: "Database", write: Write) -> None:
    seen(database, write)
    after(database, write(BULK), times=3)
    result = reviewed(write(QUIETLY + TRIGGERS), seen_again(database))
    assert found(result) == [(4, "row_trigger_on_bulk")]
    (objection,) = result.objections
    assert next(fact.value for fact in objection.finding.facts if fact.name == "rows") == 1000


def test_a_table_that_copy_loads_is_written_in_bulk(database: "Database") -> None:
    seen(database)
    with database.connect() as connection:
        connection.execute("create extension pg_stat_statements")
        for first in (400_000, 500_000):
            with connection.cursor().copy("copy events (id, kind) from stdin") as copy:
                for number in range(first, first + 500):
                    copy.write_row((number, "copied"))
    assert found(reviewed(QUIETLY + TRIGGERS, seen_again(database))) == [(4, "row_trigger_on_bulk")]


OPEN = """
-- name: open
-- parameters: select placed_at from orders order by 1 desc limit 20
select id, total from orders where status = 'open' and placed_at > $1 order by placed_at;
"""


@NAMES
def test_a_better_index_is_named(database: "Database", write: Write) -> None:
    """The planner would use one on the status; one on the moment finds the rows at once and in order."""
    snapshot, workload = seen(database, write), write(OPEN)
    poor = reviewed(
        write(QUIETLY + "create index concurrently orders_status_idx on orders (status);"), snapshot, workload=workload
    )
    assert found(poor) == [(2, "better_index")]
    (index,) = poor.indexes
    assert index.better_share < 0.8
    right = reviewed(QUIETLY + ";\n".join(_concurrently(each) for each in index.better), snapshot, workload=workload)
    assert found(right) == []


def test_nothing_speaks_against_the_example() -> None:
    folder = ROOT / "docs" / "example"
    result = reviewed((folder / "up.sql").read_text(), read(folder / "fortin.pgclinic"))
    assert found(result) == []


def _concurrently(create: str) -> str:
    return create.replace("create index", "create index concurrently", 1)
