"""Looking up the ends of indexed columns, within a bounded time."""

import time
from collections.abc import Generator

import msgspec
import psycopg

from pgclinic.model.finding import BlindSpot
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Record
from pgclinic.model.statistics import ColumnEnds
from pgclinic.postgres.questions import answers
from pgclinic.probes import column_ends
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.column_ends import SUBJECT, TableColumns
from pgclinic.probes.scope import marked

TABLES_AT_ONCE = 50
MOST_SECONDS = 5.0

_SETTINGS = marked(
    "select "
    + ", ".join(
        f"pg_catalog.set_config('{name}', '{value}', true)"
        for name, value in {
            "statement_timeout": "250",
            "enable_seqscan": "off",
            "enable_bitmapscan": "off",
            "enable_sort": "off",
            "enable_incremental_sort": "off",
        }.items()
    )
)
"""Only the walk along an index is wanted; many dead entries at its end may make even that long."""

_UNCOUNTED = marked("select pg_catalog.set_config('track_counts', 'off', true)")
"""A look is no use of an index, and an unused one must not seem used from the second visit on."""


def look_up(connection: psycopg.Connection, capabilities: Capabilities) -> Generator[Progress, None, list[Record]]:
    """ColumnEnds of every table that the visitor may read, largest tables first while the time lasts.

    Changes settings of the current transaction for good, so it must be its last work. Raises psycopg.Error.
    """
    (answer,) = answers(connection, [column_ends.candidates(capabilities)])
    if answer.sqlstate:
        return [BlindSpot(subject=SUBJECT, reason=answer.as_sentence)]
    tables = [msgspec.json.decode(row, type=TableColumns, strict=False) for row in answer.rows]
    connection.execute(_SETTINGS)
    if capabilities.is_superuser:
        connection.execute(_UNCOUNTED)
    found: list[ColumnEnds] = []
    failed: list[str] = []
    late: list[str] = []
    reason = ""
    deadline = time.monotonic() + MOST_SECONDS
    for start in range(0, len(tables), TABLES_AT_ONCE):
        yield Progress("Looking up the ends of indexed columns", start, len(tables))
        batch = tables[start : start + TABLES_AT_ONCE]
        if time.monotonic() > deadline:
            late = [str(table.relation_name) for table in tables[start:]]
            break
        for table, ends in zip(batch, answers(connection, map(column_ends.ends, batch)), strict=True):
            if ends.sqlstate:
                reason = ends.as_sentence
                failed.append(str(table.relation_name))
            found += (msgspec.json.decode(row, type=ColumnEnds, strict=False) for row in ends.rows)
    spots = [BlindSpot(subject=SUBJECT, reason=reason, object=_several(failed))] if failed else []
    if late:
        spots.append(
            BlindSpot(
                subject=SUBJECT,
                reason="The time for looking up the ends of columns was over.",
                object=_several(late),
            )
        )
    return [*sorted(found, key=lambda record: (record.relation, record.column)), *spots]


def _several(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
