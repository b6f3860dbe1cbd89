"""A router over a pair that a test may kill, pause and promote; and patience for a busy machine."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgclinic_runtime.routing import AsyncRouter, Bounds, Router
from stacking import Pair

QUICK = Bounds(lag=60, check=0.1, answer=20, open=5, back_off=0.05, longest_back_off=0.5)
"""A look ten times a second; lag and silence of a busy machine are forgiven."""


def eventually(holds: Callable[[], Any], seconds: float = 60) -> Any:
    """What ``holds`` returns once it is true."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)
    return answer


def is_usable(router: Router | AsyncRouter, name: str = "replica") -> bool:
    return any(state.is_usable for state in router.states() if state.name == name)


@contextlib.contextmanager
def routed(
    primary: str, replica: str, bounds: Bounds = QUICK, *, transaction_pooler: bool = False, **options: Any
) -> Iterator[Router]:
    """Over pools of both, once the replica can be read from."""
    with (
        ConnectionPool(primary, min_size=1, max_size=16, timeout=20, kwargs=options) as first,
        ConnectionPool(replica, min_size=1, max_size=16, timeout=20, kwargs=options) as second,
        Router(first, {"replica": second}, bounds=bounds, transaction_pooler=transaction_pooler) as router,
    ):
        eventually(lambda: is_usable(router))
        yield router


@contextlib.asynccontextmanager
async def async_routed(pair: Pair, bounds: Bounds = QUICK) -> AsyncIterator[AsyncRouter]:
    async with (
        AsyncConnectionPool(pair.conninfo, min_size=1, max_size=16, timeout=20) as first,
        AsyncConnectionPool(pair.replica_conninfo, min_size=1, max_size=16, timeout=20) as second,
        AsyncRouter(first, {"replica": second}, bounds=bounds) as router,
    ):
        yield router
