"""What is measured of the service, on real servers."""

from typing import Any

import psycopg
import pytest

from drain_fortin.load import actions
from pgclinic.verbs.driving import drive
from pgclinic.verbs.measuring_capacity import IMPORT, PAGE, Trial, Way, answers_compared, at_rest

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def ways(services: Any) -> Any:
    """The neglected way and the cured one."""
    with psycopg.connect(services.pair.conninfo, autocommit=True) as connection:
        connection.execute("create extension pg_stat_statements")
    services.pair.replica.wait_for()
    servers = (services.pair.conninfo, services.pair.replica_conninfo)
    return [
        Way(name=name, settings=services.settings[name], servers=servers, processes={}, start_rate=1.0)
        for name in ("neglected", "cured")
    ]


def trial(folder: Any) -> Trial:
    return Trial(folder=folder, step_seconds=1.0, seed=1)


def test_actions_are_called_as_the_load_calls_them() -> None:
    assert actions.PAGE.name == PAGE
    assert actions.IMPORT == IMPORT


def test_a_neglected_page_asks_a_hundred_statements_and_a_cured_one_few(ways: Any, services: Any) -> None:
    neglected, cured = (drive(at_rest(trial(services.folder), way)) for way in ways)
    # Whatever else looks at these servers meanwhile is counted too, the more the slower the machine.
    assert 8 + 1 + 100 <= neglected.statements_per_page < 150
    assert cured.statements_per_page < neglected.statements_per_page
    for rest in (neglected, cured):
        assert [each.name for each in rest.requests] == [PAGE, IMPORT]
        assert all(each.p50_ms and not each.failed for each in rest.requests)


def test_both_ways_are_asked_the_same_while_their_clock_stands(ways: Any, services: Any) -> None:
    count, different = answers_compared(trial(services.folder), *ways)
    assert count > 50
    assert different == ()
