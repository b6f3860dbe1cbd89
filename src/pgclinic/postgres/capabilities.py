"""Asking a server what it has, before anything else is asked."""

import msgspec
import psycopg

from pgclinic.model.names import RelationName
from pgclinic.postgres.questions import answers
from pgclinic.probes import capabilities, locks
from pgclinic.probes.capabilities import Capabilities


class LockedRelation(msgspec.Struct, frozen=True):
    """A relation on which functions that open it would wait; ``kind`` is pg_class.relkind."""

    oid: int
    schema: str
    name: str
    kind: str

    @property
    def relation_name(self) -> RelationName:
        """Schema and name together."""
        return RelationName(self.schema, self.name)


def ask_capabilities(
    connection: psycopg.Connection, *, values: bool
) -> tuple[Capabilities, tuple[LockedRelation, ...]]:
    """What this server has, and which relations are locked just now, in one round trip.

    Where locks cannot be seen none are known, and the probes that meet one become blind spots. Raises psycopg.Error.
    """
    first, second = answers(connection, [capabilities.QUERY, locks.QUERY])
    if first.sqlstate:
        raise psycopg.OperationalError(first.message)
    locked = tuple(msgspec.json.decode(row, type=LockedRelation, strict=False) for row in second.rows)
    found = msgspec.json.decode(first.rows[0], type=Capabilities)
    return msgspec.structs.replace(found, locked=tuple(each.oid for each in locked), values=values), locked
