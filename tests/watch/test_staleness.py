"""How old what materialized views show is, and how much disk is free: seen, never guessed."""

import time
from collections.abc import Callable

import pytest

from conftest import Database
from pgclinic.model.names import RelationName
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.watching import ViewState, disk_free, view_states
from pgclinic.watch.refresh.settings import Refreshing
from pgclinic.watch.refresh.work import install, opened, refresh_views
from pgclinic.watch.source import ServerSource
from pgclinic.watch.staleness import Staleness


def view(now: float, own: int, changes: int, **more: object) -> ViewState:
    fields = {"name": RelationName("public", "sums"), "own": own, "changes": changes, "files": 0, "now": now, **more}
    return ViewState(**fields)  # type: ignore[arg-type]


def ages(*states: ViewState) -> list[float | None]:
    staleness = Staleness()
    return [staleness.observed([state])[0].value for state in states]


def test_a_view_is_stale_since_the_first_change_that_is_seen_until_it_is_refreshed() -> None:
    assert ages(view(0, 1, 5), view(60, 1, 5), view(120, 1, 6), view(180, 1, 9), view(240, 2, 9), view(300, 2, 9)) == [
        0, 0, 0, 60, 0, 0,
    ]  # fmt: skip


def test_what_was_written_down_at_the_refresh_is_believed() -> None:
    kept = {"refreshed_at": 100.0, "refreshed": (5, 0)}
    assert ages(view(160, 1, 5, **kept), view(700, 1, 6, **kept)) == [0, 600]


def test_a_view_that_is_dropped_is_forgotten() -> None:
    staleness = Staleness()
    staleness.observed([view(0, 1, 1)])
    assert staleness.observed([]) == ()


@pytest.mark.server
def test_a_server_tells_it_of_views_that_we_refresh_and_of_others(database_on_each: Database) -> None:
    database = database_on_each
    database.execute("create table t (n int); create materialized view ours as select count(*) as n from t")
    database.execute("create view above as select n from t; create materialized view theirs as select n from above")
    settings = Refreshing(views=("public.ours",), every=0, changed=0.0)
    with opened(database.conninfo, settings) as session:
        install(session)
        assert [each.what for each in refresh_views(session, settings)] == ["refreshed"]
    staleness = Staleness()

    def seen() -> dict[str, float | None]:
        with open_session(database.conninfo) as session:
            return {each.object.name: each.value for each in staleness.observed(view_states(session)) if each.object}

    assert seen() == {"ours": 0, "theirs": 0}
    database.execute("insert into t values (1)")
    until(lambda: all(seen().values()))
    database.execute("refresh materialized view theirs")
    until(lambda: seen()["theirs"] == 0)
    assert seen()["ours"]


@pytest.mark.server
def test_free_disk_is_seen_where_the_files_are_on_this_machine(database: Database) -> None:
    with open_session(database.conninfo) as session:
        assert (disk_free(session) or 0) > 0
    source = ServerSource(database.conninfo)
    assert "disk_free_bytes" in {each.name for each in source.figures()}
    source.close()


@pytest.mark.server
def test_who_may_not_read_what_was_written_down_still_sees(database: Database, role_name: str) -> None:
    database.execute("create materialized view sums as select 1 as n")
    with opened(database.conninfo, Refreshing()) as session:
        install(session)
    database.execute(f"create role {role_name} login password 'x'")
    source = ServerSource(database.conninfo_as(role_name, "x"))
    assert [each.name for each in source.figures()] == ["view_staleness_s"]
    source.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
