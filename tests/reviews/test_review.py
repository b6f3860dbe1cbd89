"""Migrations with planted mistakes, and with the same shapes done right, on a shop that has rows and work."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.advise.test_demo import neglected

from pgclinic.report.course_sql import up
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from reviewing import found, reviewed, same, seen, text_of

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

NAMES = {
    "customers": "clients",
    "customer": "client",
    "orders": "tickets",
    "order_": "ticket_",
    "events": "journal",
    "placed_at": "entered",
    "total": "amounting",
    "status": "phase",
}
"""Other names for the shop's, the longer ones first."""
TWELVE = [
    (3, "rewrites_table"),
    (5, "builds_index_under_lock"),
    (7, "redundant_new_index"),
    (9, "unused_new_index"),
    (11, "scans_under_lock"),
    (13, "broken_body"),
    (16, "does_nothing"),
    (18, "clock_in_materialized_view"),
    (24, "refresh_fails"),
    (30, "per_row_policy_call"),
    (32, "definer_function_without_search_path"),
    (34, "writes_whole_table"),
]


def renamed(text: str) -> str:
    for name, other in NAMES.items():
        text = text.replace(name, other).replace(name.upper(), other.upper())
    return text


@pytest.mark.parametrize(("major", "write"), [(15, same), (17, renamed), (18, same)])
def test_twelve_mistakes_are_found_and_none_where_it_is_right(
    database_on: Callable[[int], "Database"], major: int, write: Callable[[str], str]
) -> None:
    snapshot = seen(database_on(major), write)
    workload = write(text_of("workload.sql"))
    assert found(reviewed(write(text_of("twelve.sql")), snapshot, workload=workload)) == TWELVE
    right = reviewed(write(text_of("right.sql")), snapshot, workload=workload)
    assert found(right) == []
    assert [len(index.gains) for index in right.indexes] == [1]


def test_nothing_speaks_against_the_demo_s_own_prescription(database: "Database") -> None:
    snapshot = neglected(database, calls=4000)
    course = drive(prescribe(snapshot))
    result = reviewed(up(course), snapshot)
    assert found(result) == []
    made = {item.object.name for item in course.prescriptions if item.kind == "create_index"}
    assert {index.name.name for index in result.indexes if index.gains} == made
