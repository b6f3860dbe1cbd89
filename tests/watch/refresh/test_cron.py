"""The SQL for pg_cron, run: jobs are kept by a stand-in for cron.schedule, and then run as pg_cron runs them."""

from collections.abc import Callable

import psycopg
import pytest

from conftest import Database
from pgclinic.watch.refresh.cron import script
from pgclinic.watch.refresh.settings import Refreshing

pytestmark = pytest.mark.server


@pytest.fixture(params=[15, 18])
def database(request: pytest.FixtureRequest, database_on: Callable[[int], Database]) -> Database:
    found = database_on(request.param)
    found.execute("""
        create schema cron;
        create table cron.job (jobname text primary key, schedule text, command text);
        create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as
        $$ insert into cron.job values ($1, $2, $3) on conflict (jobname)
           do update set schedule = $2, command = $3 returning 1::bigint $$;
        create table orders (day int);
        create materialized view "the sums" as select day from orders group by day with no data;
        create table events (at date not null) partition by range (at)
    """)
    for number in range(-1, 2):
        found.execute(f"""
            do $$ declare low date := date_trunc('month', now()) + interval '{number} month'; begin
            execute format('create table events_%s partition of events for values from (%L) to (%L)',
                to_char(low, 'YYYY_MM'), low, low + interval '1 month'); end $$
        """)
    return found


def printed(database: Database) -> str:
    with database.connect() as connection:
        connection.execute("set default_transaction_read_only = on")
        return script(connection, Refreshing(every=120))


def test_the_jobs_that_it_schedules_refresh_and_make_partitions(database: Database) -> None:
    text = printed(database)
    for _ in range(2):  # it may be run again
        database.execute(text)
    jobs = database.execute("select jobname, schedule from cron.job order by 1")
    assert jobs == [
        ("pgclinic partitions public.events", "17 * * * *"),
        ("pgclinic refresh public.the sums", "* * * * *"),
    ]
    for (command,) in database.execute("select command from cron.job"):
        database.execute(command)
    assert database.execute("select relispopulated from pg_class where relname = 'the sums'") == [(True,)]
    assert database.execute("select refreshes from pgclinic.view_refresh") == [(1,)]
    assert database.execute("select count(*) > 4 from pg_inherits where inhparent = 'events'::regclass") == [(True,)]


def test_a_jobs_timeout_holds(database: Database) -> None:
    database.execute("create function nap() returns int language sql as 'select 1 from pg_sleep(60)'")
    database.execute("create materialized view slow as select nap() with no data")
    with database.connect() as connection:
        connection.execute(script(connection, Refreshing(views=("public.slow",), timeout=1)))  # type: ignore[arg-type]
    ((command,),) = database.execute("select command from cron.job where jobname like '%slow'")
    database.execute(command)
    ((error,),) = database.execute("select error from pgclinic.view_refresh")
    assert "statement timeout" in error


def test_it_changes_nothing_by_itself(database: Database) -> None:
    assert "cron.schedule" in printed(database)
    with pytest.raises(psycopg.errors.UndefinedTable):
        database.execute("select from pgclinic.view_refresh")
