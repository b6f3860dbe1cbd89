"""Two small tables that make a retry safe: the keys of groups that were written, and the rows that were refused.

A group's key is inserted in the transaction that writes its rows. Whoever tries the same group again waits at that key
until the first attempt has ended, and then knows how.
"""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from pgclinic_runtime.batches.errors import Refusal
from pgclinic_runtime.commands import Command, Reply, Run, drive, drive_async

_WRITTEN = "written_groups"
_UNIQUE = "23505"  # unique_violation
_READ = sql.SQL("set local intervalstyle = postgres; set local array_nulls = on")
_SETUP = """
    select pg_catalog.pg_advisory_xact_lock(7041998812340611);
    create schema if not exists {schema};
    create table if not exists {written} (
        key uuid primary key, rows integer not null, written_at timestamptz not null default pg_catalog.now()
    );
    create index if not exists written_groups_at on {written} (written_at);
    create table if not exists {refused} (
        key uuid not null, position integer not null, sqlstate text not null, reason text not null, row bytea not null,
        refused_at timestamptz not null default pg_catalog.now(), primary key (key, position)
    )
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where the two tables are: ``schema.written_groups`` and ``schema.refused_rows``."""

    schema: str = "pgclinic_runtime"

    @property
    def written(self) -> sql.Identifier:
        """The table of keys."""
        return sql.Identifier(self.schema, _WRITTEN)

    @property
    def refused(self) -> sql.Identifier:
        """The table of rows that were set aside."""
        return sql.Identifier(self.schema, "refused_rows")

    def created(self) -> Generator[Command, Reply, None]:
        """Make the tables where they are missing, in one implicit transaction."""
        yield Run(
            sql.SQL(_SETUP).format(schema=sql.Identifier(self.schema), written=self.written, refused=self.refused)
        )

    def forgotten(self, older: timedelta) -> Generator[Command, Reply, int]:
        """Delete keys; returns how many."""
        rows = yield Run(
            sql.SQL(
                "with gone as (delete from {} where written_at < pg_catalog.now() - $1 returning 1)"
                " select pg_catalog.count(*) from gone"
            ).format(self.written),
            (older,),
        )
        return int(rows[0][0])

    def claim(self, key: UUID, rows: int) -> sql.Composed:
        """Begin a transaction that claims ``key``; see ``was_claimed`` for its error.

        Values are to be read as they were encoded, whatever the role's settings.
        """
        return sql.SQL("begin; {}; insert into {} (key, rows) values ({}, {})").format(
            _READ, self.written, sql.Literal(str(key)), sql.Literal(rows)
        )

    def was_claimed(self, error: psycopg.Error) -> bool:
        """Whether it looks like the error of a ``claim`` whose group was written before; then ask ``holds``."""
        found = (error.sqlstate, error.diag.schema_name, error.diag.table_name)
        return found == (_UNIQUE, self.schema, _WRITTEN)

    def holds(self, key: UUID) -> Generator[Command, Reply, bool]:
        """Whether the group was written before."""
        rows = yield Run(sql.SQL("select 1 from {} where key = $1").format(self.written), (key,))
        return bool(rows)

    def begun(self, key: UUID, rows: int) -> Generator[Command, Reply, bool]:
        """As ``claim`` says; False when the group was written before."""
        claimed = yield Run(self.claim(key, rows) + sql.SQL(" on conflict do nothing returning 1"))
        return bool(claimed)

    def set_aside(self, key: UUID, refusals: list[Refusal]) -> Generator[Command, Reply, None]:
        """Keep what was refused, in the same transaction."""
        if refusals:
            yield Run(
                sql.SQL(
                    "insert into {} (key, position, sqlstate, reason, row) select $1::uuid, refused.* from"
                    " unnest($2::integer[], $3::text[], $4::text[], $5::bytea[]) as refused"
                ).format(self.refused),
                (
                    str(key),
                    [one.position for one in refusals],
                    [one.sqlstate for one in refusals],
                    [one.reason for one in refusals],
                    [one.row for one in refusals],
                ),
            )

    def recalled(self, key: UUID) -> Generator[Command, Reply, list[Refusal]]:
        """What was refused of a group that was written before."""
        rows = yield Run(
            sql.SQL("select position, sqlstate, reason, row from {} where key = $1 order by position").format(
                self.refused
            ),
            (key,),
        )
        return [Refusal(*row) for row in rows]


def setup(connection: psycopg.Connection[Any], ledger: Ledger | None = None) -> None:
    """Make the ledger's tables where they are missing, as a migration. Writers need INSERT and SELECT on both."""
    drive((ledger or Ledger()).created(), connection)


async def setup_async(connection: psycopg.AsyncConnection[Any], ledger: Ledger | None = None) -> None:
    """As ``setup`` does."""
    await drive_async((ledger or Ledger()).created(), connection)


def forget(connection: psycopg.Connection[Any], older: timedelta, ledger: Ledger | None = None) -> int:
    """Delete the keys of groups written longer ago than ``older``; returns how many.

    A key may go once nobody can try its group again: later than ``Retries.seconds``, and than the oldest spool that
    could still be replayed. Refused rows are yours to look at and delete.
    """
    return drive((ledger or Ledger()).forgotten(older), connection)


async def forget_async(connection: psycopg.AsyncConnection[Any], older: timedelta, ledger: Ledger | None = None) -> int:
    """As ``forget`` does."""
    return await drive_async((ledger or Ledger()).forgotten(older), connection)
