"""Looking into tables with the extension pgstattuple: it reads the pages that vacuum has not seen as all visible."""

from collections.abc import Generator, Sequence

import psycopg

from pgclinic.model.catalog import Relation
from pgclinic.model.errors import UserError
from pgclinic.model.finding import BlindSpot
from pgclinic.model.measured_room import MeasuredRoom
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Record
from pgclinic.postgres.connect import open_session
from pgclinic.probes.scope import marked
from pgclinic.sql import quote

SUBJECT = "measured_room"
EXTENSION = "pgstattuple"
TIMEOUT_MS = 10_000
"""For one table: what takes longer is left an estimate."""


def measured(conninfo: str, tables: Sequence[Relation], schema: str) -> Generator[Progress, None, list[Record]]:
    """A MeasuredRoom of each table, or a BlindSpot where it takes too long or may not be looked up.

    ``schema`` is where the extension is. Raises UserError when there is no connection, or it breaks.
    """
    found: list[Record] = []
    try:
        with open_session(conninfo, statement_timeout_ms=TIMEOUT_MS) as connection:
            for number, table in enumerate(tables):
                yield Progress(f"Looking into {table.relation_name}", number, len(tables))
                found.append(_one(connection, table, schema))
    except psycopg.OperationalError as error:
        raise UserError(f"Looking into tables ended early: {str(error).strip()}; try again.") from error
    return found


def _one(connection: psycopg.Connection, table: Relation, schema: str) -> Record:
    query = marked(
        "select table_len, approx_free_space, dead_tuple_len, scanned_percent / 100"
        f" from {quote.identifier(schema)}.pgstattuple_approx(%s::pg_catalog.oid)"
    )
    try:
        row = connection.execute(query.encode(), [table.oid]).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return BlindSpot(
            subject=SUBJECT,
            reason="The role may not use pgstattuple_approx().",
            object=str(table.relation_name),
            grant=f"grant pg_stat_scan_tables to {quote.identifier(connection.info.user)}",
        )
    except psycopg.errors.QueryCanceled:
        return BlindSpot(subject=SUBJECT, reason="Looking into it took too long.", object=str(table.relation_name))
    except psycopg.errors.DatabaseError as error:
        if isinstance(error, psycopg.OperationalError) and connection.closed:
            raise
        reason = (error.diag.message_primary or "It cannot be looked into").rstrip(".")
        return BlindSpot(subject=SUBJECT, reason=f"{reason}.", object=str(table.relation_name))
    assert row is not None
    size, free, dead, share = row
    return MeasuredRoom(
        relation=table.oid,
        bytes=int(size),
        free_bytes=float(free),
        dead_bytes=float(dead),
        scanned_share=min(1.0, max(0.0, float(share))),
    )
