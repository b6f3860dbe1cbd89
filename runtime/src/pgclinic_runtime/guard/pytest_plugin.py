"""The pytest plugin: a test fails when one line of code sends one statement more often than it may.

Off unless asked for: ``--n-plus-one 10``, ``n_plus_one = 10`` in pytest's configuration, or on single tests
``@pytest.mark.n_plus_one(limit=10)``; ``limit=None`` lets a test off. Everything that psycopg sends is counted,
Django's and SQLAlchemy's statements among it.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pgclinic_runtime.guard.psycopg import counting_all
from pgclinic_runtime.guard.watching import LIMIT, watched

if TYPE_CHECKING:
    from pgclinic_runtime.guard.tally import Repeated


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option and the setting."""
    words = "fail tests in which one line sends one statement more than LIMIT times"
    parser.getgroup("pgclinic").addoption("--n-plus-one", type=int, metavar="LIMIT", default=None, help=words)
    parser.addini("n_plus_one", words, default="")


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line("markers", "n_plus_one(limit): how often one line may send one statement; None: any")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Watch a test's body."""
    limit = _limit(item)
    if limit is None:
        return (yield)
    found: list[Repeated] = []
    with counting_all(), watched(limit, found.extend):
        result = yield
    if found:
        pytest.fail("\n".join(["N+1:", *map(str, found)]), pytrace=False)
    return result


def _limit(item: pytest.Item) -> int | None:
    marker = item.get_closest_marker("n_plus_one")
    if marker is not None:
        limit: int | None = marker.kwargs.get("limit", marker.args[0] if marker.args else LIMIT)
        return limit
    given: int | None = item.config.getoption("--n-plus-one")
    setting: str = item.config.getini("n_plus_one")
    return given if given is not None else int(setting) if setting else None
