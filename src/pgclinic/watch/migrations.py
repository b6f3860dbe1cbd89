"""How a history store came to its shape, one step a version; a store is brought up to date when it is opened.

A step is run once, in one transaction with the number that says so. Steps are never changed once released: a later
one mends an earlier. ``tests/watch/stores`` keeps a store of every version.
"""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection

from pgclinic.model.errors import UserError
from pgclinic.watch import schema
from pgclinic.watch.alerts import tables as alerts
from pgclinic.watch.moments import SECOND

_CHUNK = 7 * 86_400 * SECOND
"""Of a hypertable: one week."""


def _first(connection: Connection) -> None:
    """Targets, samples and observations, statements' texts, checkups, and who watches."""
    schema.METADATA.create_all(connection)
    if connection.dialect.name == "postgresql" and _has_timescale(connection):
        for table in (schema.OBSERVATIONS, schema.SAMPLES):
            connection.execute(
                sa.text("select create_hypertable(cast(:name as regclass), 'at', chunk_time_interval => :chunk)"),
                {"name": table.name, "chunk": _CHUNK},
            )


def _alerts(connection: Connection) -> None:
    """What stands and what is still to be told."""
    alerts.METADATA.create_all(connection)


def _nights(connection: Connection) -> None:
    """What regular checkups find by looking back."""
    schema.SINCE_VERSION_3.create_all(connection)


def _fleet(connection: Connection) -> None:
    """Targets that several workers share, and what one leaves to the next."""
    schema.SINCE_VERSION_4.create_all(connection)


def _resuming(connection: Connection) -> None:
    """What one watcher left to the next is written with each sample from now on; older ones may be behind these."""
    connection.execute(sa.delete(schema.HANDOVERS))


def _past_alerts(connection: Connection) -> None:
    """What stood, and who was told of it."""
    alerts.SINCE_VERSION_6.create_all(connection)


STEPS: tuple[Callable[[Connection], None], ...] = (_first, _alerts, _nights, _fleet, _resuming, _past_alerts)
"""The step at position n makes version n + 1."""

VERSION = len(STEPS)


def bring_up_to_date(connection: Connection) -> None:
    """Run the steps that are missing, inside the caller's transaction. Raises UserError for a newer store."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('pgclinic history'))"))
    schema.VERSION.create(connection, checkfirst=True)
    version = connection.scalar(sa.select(sa.func.max(schema.VERSION.c.version))) or 0
    if version > VERSION:
        raise UserError(
            f"The history store is of version {version}, and this pgclinic knows {VERSION}; upgrade pgclinic."
        )
    for number, step in enumerate(STEPS[version:], start=version + 1):
        step(connection)
        connection.execute(sa.insert(schema.VERSION).values(version=number))


def _has_timescale(connection: Connection) -> bool:
    found = sa.text("select count(*) from pg_catalog.pg_extension where extname = 'timescaledb'")
    return bool(connection.scalar(found))
