"""Indexes and policies of a table that is to be partitioned: made now, and again on the table that takes its place.

The conversion was written for the table as it was seen. What is built on it meanwhile would be lost with the old
table: so the new parent gets the same index right when it is created and has no rows (its partitions get theirs from
it, and one that is attached keeps the one that it has), and the policies are rewritten once more at the end.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from pgclinic.advise.done_to import indexes_made, new_parent_at
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Prescription, Statement
from pgclinic.sql import quote
from pgclinic.sql.altered import altered, partitioned_table


def with_what_is_built_before(items: Sequence[Prescription]) -> list[Prescription]:
    """The items, conversions with what other items do to the same table."""
    return [_carrying(item, items) if new_parent_at(item) is not None else item for item in items]


def _carrying(item: Prescription, others: Sequence[Prescription]) -> Prescription:
    at = new_parent_at(item)
    assert at is not None
    parent = partitioned_table(item.do[at].sql)
    assert parent is not None
    table = RelationName(item.table.schema, item.table.name)
    same_table = [other for other in others if other is not item and other.table == item.table]
    indexes = tuple(
        Statement(sql=quote.create_index(replace(definition, relation=parent), ""))
        for other in same_table
        for definition in indexes_made(other)
        if definition.relation == table
    )
    policies = tuple(
        statement
        for other in same_table
        if other.do and all(_is_of_policy(statement) for statement in other.do)
        for statement in other.do
    )
    if not indexes and not policies:
        return item
    do = (*item.do[: at + 1], *indexes, *item.do[at + 1 :], *policies)
    undo = tuple(replace(each, needs=each.needs + len(indexes)) if each.needs > at + 1 else each for each in item.undo)
    return replace(item, do=do, undo=undo)


def _is_of_policy(statement: Statement) -> bool:
    changed = altered(statement.sql)
    return bool(changed) and all(kind == "policy" for kind, *_ in changed)
