"""Next partitions of tables that are partitioned regularly, made ahead on real servers; others are left alone."""

import threading
from collections.abc import Callable

import pytest

from conftest import Database
from pgclinic.watch.refresh.settings import Refreshing
from pgclinic.watch.refresh.work import Outcome, install, make_partitions, opened

pytestmark = pytest.mark.server

SETTINGS = Refreshing(ahead=2)


@pytest.fixture(params=[15, 18])
def database(request: pytest.FixtureRequest, database_on: Callable[[int], Database]) -> Database:
    found = database_on(request.param)
    with opened(found.conninfo, SETTINGS) as session:
        install(session)
    return found


def made(database: Database, settings: Refreshing = SETTINGS) -> dict[str, Outcome]:
    with opened(database.conninfo, settings) as session:
        return {each.object.name: each for each in make_partitions(session, settings)}


def parted(database: Database, table: str, width: str, suffix: str, kind: str = "timestamptz", count: int = 3) -> None:
    """A table with so many partitions, the newest of which holds now."""
    unit = width.split()[1]
    database.execute(f"create table {table} (at {kind} not null, n int) partition by range (at)")
    database.execute(f"""
        set timezone = 'UTC';
        do $$
        declare
            low timestamp := date_trunc('{unit}', now() at time zone 'UTC') - {count - 1} * interval '{width}';
        begin
            for number in 1..{count} loop
                execute format('create table %I partition of {table} for values from (%L) to (%L)',
                    '{table}' || to_char(low, '{suffix}'), low, low + interval '{width}');
                low := low + interval '{width}';
            end loop;
        end $$
    """)


def partitions(database: Database, table: str) -> list[str]:
    rows = database.execute(f"select inhrelid::regclass::text from pg_inherits where inhparent = '{table}'::regclass")
    return sorted(name for (name,) in rows)


WAYS = {
    "months": ("1 month", "_YYYY_MM", "timestamptz"),
    "days": ("1 day", "_YYYYMMDD", "date"),
    "weeks": ("1 week", '_IYYY"w"IW', "timestamp"),
    "hours": ("1 hour", "_YYYYMMDDHH24", "timestamptz"),
    "partman": ("1 day", '"_p"YYYYMMDD', "timestamptz"),
    "years": ("1 year", '"_y"YYYY', "date"),
}


def test_the_next_ones_are_of_the_same_width_and_named_alike(database: Database) -> None:
    for table, (width, suffix, kind) in WAYS.items():
        parted(database, table, width, suffix, kind)
    came = made(database)
    for table, (width, suffix, _) in WAYS.items():
        assert came[table].what == "made", came[table]
        expected = database.execute(f"""
            select '{table}' || to_char(
                date_trunc('{width.split()[1]}', now() at time zone 'UTC') + number * interval '{width}', '{suffix}')
            from generate_series(-2, 2) as number
        """)
        assert {name for (name,) in expected} <= set(partitions(database, table))
        assert len(partitions(database, table)) in {5, 6}  # six when the width is not that of the unit's end
        database.execute(f"insert into {table} values (now() + interval '{width}', 1)")
    assert {each.partitions for each in made(database).values()} == {0}


def test_there_is_no_default_partition_where_its_owner_has_none_and_indexes_and_rights_come_along(
    database: Database,
) -> None:
    parted(database, "events", "1 month", "_YYYY_MM")
    database.execute("create index on events (n); alter table events enable row level security")
    made(database)
    newest = partitions(database, "events")[-1]
    assert database.execute(f"select relrowsecurity from pg_class where oid = '{newest}'::regclass") == [(True,)]
    assert database.execute(f"select count(*) from pg_index where indrelid = '{newest}'::regclass") == [(1,)]
    assert "other" not in " ".join(partitions(database, "events"))


def test_rows_that_fell_into_the_default_partition_are_moved(database: Database) -> None:
    parted(database, "events", "1 month", "_YYYY_MM")
    database.execute("create table events_rest partition of events default")
    database.execute("insert into events values (date_trunc('month', now()) + interval '40 days', 7)")
    assert database.execute("select count(*) from only events_rest") == [(1,)]
    assert made(database)["events"].partitions >= 2
    assert database.execute("select count(*) from only events_rest") == [(0,)]
    assert database.execute("select n from events") == [(7,)]


def test_what_is_not_regular_is_left_alone_with_the_reason(database: Database) -> None:
    database.execute("create table gaps (at date not null) partition by range (at)")
    for number, (low, high) in enumerate((("2026-01-01", "2026-02-01"), ("2026-03-01", "2026-04-01"))):
        database.execute(f"create table gaps_{number} partition of gaps for values from ('{low}') to ('{high}')")
    parted(database, "odd", "1 month", "_YYYY_MM")
    database.execute("alter table " + partitions(database, "odd")[1] + " rename to surprise")
    parted(database, "endless", "1 month", "_YYYY_MM")
    database.execute("""
        do $$ begin execute format('create table rest partition of endless for values from (%L) to (maxvalue)',
            date_trunc('month', now() at time zone 'UTC') + interval '1 month'); end $$
    """)
    database.execute("create table numbers (n int not null) partition by range (n)")
    came = {name: each.reason for name, each in made(database).items()}
    assert came == {
        "gaps": "it has fewer than 3 partitions with two bounds",
        "odd": "the names of its partitions tell no time in a way that is known",
        "endless": "a partition has no end",
    }


def test_an_archive_is_left_alone(database: Database) -> None:
    database.execute("create table old (at date not null) partition by range (at)")
    for year in range(2001, 2006):
        database.execute(
            f"create table old_{year} partition of old for values from ('{year}-01-01') to ('{year + 1}-01-01')"
        )
    assert made(database)["old"].reason == "its newest partition ended long ago"


def test_two_watchers_at_once_make_each_partition_once(database: Database) -> None:
    parted(database, "events", "1 day", "_YYYYMMDD")
    counts: list[int] = []

    def work() -> None:
        patient = Refreshing(ahead=8, lock_timeout=30)
        outcome = made(database, patient)["events"]
        counts.append(outcome.partitions if outcome.what == "made" else -1)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(count for count in counts if count > 0) == len(partitions(database, "events")) - 3
    assert len(partitions(database, "events")) >= 11
