"""When a trigger fires, from its CREATE TRIGGER."""

import msgspec

from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import parse_one

_BEFORE = 2
_INSERT, _DELETE, _UPDATE = 4, 8, 16
"""Bits of ``tgtype`` (catalog/pg_trigger.h)."""


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """``is_row``: once for each row, rather than once for each statement."""

    is_row: bool
    is_before: bool
    on_insert: bool
    on_update: bool
    on_delete: bool = False


def firing_of(definition: str) -> Firing:
    """Raises UnreadableSqlError for what is not a CREATE TRIGGER."""
    node = parse_one(definition).stmts[0].stmt
    if node.WhichOneof("node") != "create_trig_stmt":
        raise UnreadableSqlError("not a trigger")
    trigger = node.create_trig_stmt
    return Firing(
        is_row=trigger.row,
        is_before=bool(trigger.timing & _BEFORE),
        on_insert=bool(trigger.events & _INSERT),
        on_update=bool(trigger.events & _UPDATE),
        on_delete=bool(trigger.events & _DELETE),
    )
