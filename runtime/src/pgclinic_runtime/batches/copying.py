"""Whether COPY may stand in for an INSERT with a conflict rule, and how often that is worth trying. Policy only.

Where no row conflicts the two do the same, and COPY in half the time. Where one does, the server undoes what COPY wrote
and the INSERT writes it again: so COPY rests after a failure, the longer the more often it fails.
"""

from collections.abc import Generator

import psycopg
from psycopg import sql

from pgclinic_runtime.batches.errors import passes
from pgclinic_runtime.columns import Name, identifier
from pgclinic_runtime.commands import Command, Reply, Run

_REST, _LONGEST = 16, 1024
"""Groups. Sixteen times as long for a failure, half for a success: it goes on where one in five conflicts or fewer."""
# What COPY passes over: rules, an identity that is always generated, policies (it refuses those), and the triggers that
# ON CONFLICT DO UPDATE fires for a statement even where it updates nothing.
_SAME = """
    select relkind in ('r', 'p') and not relhasrules and not pg_catalog.row_security_active(pg_class.oid)
        and not exists (
            select from pg_catalog.pg_attribute
            where attrelid = pg_class.oid and attidentity = 'a' and attname = any ($1::text[])
        )
        and not exists (
            select from pg_catalog.pg_trigger
            where tgrelid = pg_class.oid and not tgisinternal and tgtype & 1 = 0 and tgtype & 16 <> 0 and $2
        )
    from pg_catalog.pg_class where pg_class.oid = {table}::pg_catalog.regclass
"""


def may_stand_in(
    insert: sql.Composed, table: Name, columns: tuple[str, ...], *, updates: bool
) -> Generator[Command, Reply, bool]:
    """Whether COPY does what ``insert`` does where nothing conflicts, ``insert`` itself being one that can be run."""
    try:
        # It looks for the unique index and asks for the rights, and writes nothing.
        yield Run(sql.SQL("explain {}").format(insert), (None,) * len(columns))
    except psycopg.Error as error:
        if passes(error):
            raise
        return False
    same = yield Run(sql.SQL(_SAME).format(table=sql.Literal(identifier(table).as_string(None))), ([*columns], updates))
    return bool(same[0][0])


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
