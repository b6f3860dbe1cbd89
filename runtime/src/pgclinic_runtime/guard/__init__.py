"""Finds statements that are sent once for each row: see ``watched``, and ``guard`` for psycopg's connections.

``guard.asgi``, ``guard.django``, ``guard.sqlalchemy`` and ``guard.pytest_plugin`` are the parts of those.
"""

from pgclinic_runtime.guard.psycopg import guard, guard_async
from pgclinic_runtime.guard.tags import tagged
from pgclinic_runtime.guard.tally import Repeated, Tally
from pgclinic_runtime.guard.watching import NPlusOneError, NPlusOneWarning, fail, ignore, warn, watched

__all__ = [
    "NPlusOneError",
    "NPlusOneWarning",
    "Repeated",
    "Tally",
    "fail",
    "guard",
    "guard_async",
    "ignore",
    "tagged",
    "warn",
    "watched",
]
