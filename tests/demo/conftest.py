from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from pgclinic.demo.data.world import World
from pgclinic.demo.loading import DemoLoad, load
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

Fill = Callable[[Any], DemoLoad]


@pytest.fixture
def fill() -> Fill:
    """Loads a very small Drain Fortin database, whose year ends now."""

    def filled(database: Any, calls: int = 3000) -> DemoLoad:
        connect = partial(open_session, database.conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0)
        return drive(load(connect, World(calls, 1, datetime.now(UTC))))

    return filled
