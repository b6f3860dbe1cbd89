"""Whether COPY may stand in for an INSERT with a conflict rule, and how often that is worth trying. Policy only.

Where no row conflicts the two do the same, and COPY in half the time. Where one does, the server undoes what COPY wrote
and the INSERT writes it again: so COPY rests after a failure, the longer the more often it fails.
"""

from collections.abc import Generator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from pgclinic_runtime.batches.errors import TableChangedError, passes
from pgclinic_runtime.columns import Name, copy_into, identifier
from pgclinic_runtime.commands import Command, Reply, Run

_REST, _LONGEST = 16, 1024
"""Groups. Sixteen times as long for a failure, half for a success: it goes on where one in five conflicts or fewer."""
# What COPY passes over: rules, an identity that is always generated, policies (it refuses those), the triggers that ON
# CONFLICT DO UPDATE fires for a statement even where it updates nothing, and a CHECK that may look at the rows before
# its own, which COPY writes many at a time. A deferrable unique constraint is refused to ON CONFLICT row by row. '5' is
# hours for COPY into interval hour, and seconds before it is assigned for an INSERT.
_SAME = """
    select relkind in ('r', 'p') and not relhasrules and not pg_catalog.row_security_active(pg_class.oid)
        and not exists (
            select from pg_catalog.pg_attribute
            where attrelid = pg_class.oid and attname = any ($1::text[])
                and (attidentity = 'a' or (atttypid = 'pg_catalog.interval'::regtype and atttypmod <> -1))
        )
        and not exists (
            select from pg_catalog.pg_trigger
            where tgrelid = pg_class.oid and not tgisinternal and tgtype & 1 = 0 and tgtype & 16 <> 0 and $2
        )
        and not exists (
            select from pg_catalog.pg_constraint join pg_catalog.pg_depend on objid = pg_constraint.oid
            where conrelid = pg_class.oid and contype = 'c' and classid = 'pg_catalog.pg_constraint'::regclass
                and refclassid = 'pg_catalog.pg_proc'::regclass
        )
        and not exists (
            select from pg_catalog.pg_index where indrelid = pg_class.oid and not indimmediate
        ),
"""
_LOOKS = """
        pg_catalog.concat_ws(
            ' ', relkind, relhasrules, pg_catalog.row_security_active(pg_class.oid),
            (
                select pg_catalog.array_agg((indexrelid, indisvalid, indisready)::text order by indexrelid)
                from pg_catalog.pg_index where indrelid = pg_class.oid and (indisunique or indisexclusion)
            ),
            (
                select pg_catalog.array_agg(pg_trigger.oid order by pg_trigger.oid)
                from pg_catalog.pg_trigger where tgrelid = pg_class.oid and not tgisinternal
            ),
            (
                select pg_catalog.array_agg(pg_constraint.oid order by pg_constraint.oid)
                from pg_catalog.pg_constraint where conrelid = pg_class.oid and contype <> 'f'
            ),
            (
                select pg_catalog.array_agg((attname, attidentity, atttypid, atttypmod)::text order by attnum)
                from pg_catalog.pg_attribute where attrelid = pg_class.oid and attnum > 0
            )
        )
    from pg_catalog.pg_class where pg_class.oid = {table}::pg_catalog.regclass
"""


@dataclass(frozen=True, slots=True)
class Looks:
    """How a table looked when its statements were made: its columns' types, and what decides whether COPY may do."""

    table: Name
    text: str | None

    def again(self) -> Generator[Command, Reply, None]:
        """Look again, once a statement has a lock on the table, which holds off whoever would change it.

        Raises:
            TableChangedError: it was changed before that.
        """
        seen = yield Run(sql.SQL("select" + _LOOKS).format(table=_regclass(self.table)))
        if seen[0][0] != self.text:
            raise TableChangedError("the table was changed meanwhile")


def looked(table: Name, columns: tuple[str, ...], *, updates: bool) -> Generator[Command, Reply, tuple[Looks, bool]]:
    """How the table looks, and whether COPY does what an INSERT does where nothing conflicts.

    A table that cannot be found is the insert's to tell.
    """
    try:
        rows = yield Run(sql.SQL(_SAME + _LOOKS).format(table=_regclass(table)), ([*columns], updates))
    except psycopg.Error as error:
        if passes(error):
            raise
        return Looks(table, None), False
    ((is_same, text),) = rows
    return Looks(table, text), is_same


def stand_in(
    insert: sql.Composed, table: Name, columns: tuple[str, ...]
) -> Generator[Command, Reply, sql.Composed | None]:
    """The COPY for ``insert``, if ``insert`` itself can be run."""
    try:
        # It looks for the unique index and asks for the rights, and writes nothing.
        yield Run(sql.SQL("explain {}").format(insert), (None,) * len(columns))
    except psycopg.Error as error:
        if passes(error):
            raise
        return None
    return copy_into(table, columns)


def _regclass(table: Name) -> sql.Literal:
    return sql.Literal(identifier(table).as_string(None))


class Turns:
    """When the next attempt is due, in groups."""

    def __init__(self) -> None:
        self._rest = self._left = 0

    def is_due(self) -> bool:
        """Asked once a group."""
        if self._left:
            self._left -= 1
            return False
        return True

    def failed(self) -> None:
        """The attempt had to be undone."""
        self._rest = self._left = min(max(self._rest, 1) * _REST, _LONGEST)

    def succeeded(self) -> None:
        """It had not."""
        self._rest = self._left = self._rest // 2
