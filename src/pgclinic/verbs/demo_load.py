"""Load the demo's database into an empty database of one's own. Writes."""

from collections.abc import Generator
from datetime import UTC, datetime
from functools import partial

import psycopg

from pgclinic.demo.data.world import World
from pgclinic.demo.loading import DemoLoad
from pgclinic.demo.loading import load as load_world
from pgclinic.demo.scales import CALLS, Scale
from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.postgres.connect import open_session


def load(
    conninfo: str, *, scale: str = Scale.MEDIUM, seed: int = 1, now: datetime | None = None
) -> Generator[Progress, None, DemoLoad]:
    """Load the Drain Fortin database in its neglected state; its year of calls ends at ``now`` (the server's clock).

    Raises UserError when the database is not empty, the role may not do it, or the server gives up half-way.
    """
    if scale not in CALLS:
        raise UserError(f"There is no scale {scale!r}; choose one of {', '.join(CALLS)}.")
    connect = partial(open_session, conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0)
    try:
        if now is None:
            with connect() as connection:
                row = connection.execute("select pg_catalog.now()").fetchone()
                assert row is not None
                now = row[0]
        return (yield from load_world(connect, World(CALLS[Scale(scale)], seed, now.astimezone(UTC))))
    except psycopg.Error as error:
        reason = error.diag.message_primary or str(error).splitlines()[0]
        raise UserError(f"The demo could not be loaded: {reason}.") from error
