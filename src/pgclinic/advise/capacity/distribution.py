"""Which column a sharded database would be distributed by: the one that its statements name anyway.

Columns that foreign keys or joins set equal are one key (union-find over equalities). A statement is served by one
shard when each large table that it uses is asked for one value of that key, or joined by it to one that is.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.model.shape import Condition, Shape
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import asked

_PAIR = 2

Place = tuple[RelationName, str]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key by the column that each table has of it; ``share`` of the statements' time would be served by one shard."""

    columns: Mapping[RelationName, str]
    share: float


def best_key(snapshot: Snapshot, tables: Sequence[RelationName]) -> Key | None:
    """The key that serves most of the time over these tables; None where there is no statement about them."""
    pairs = [*_foreign_keys(snapshot), *_joins(snapshot)]
    places = {place for pair in pairs for place in pair} | set(_asked_for(snapshot))
    classes = _classes(sorted(places), pairs)
    keys = [_key(snapshot, members, tables) for members in classes]
    return max(
        (key for key in keys if key.share > 0),
        key=lambda key: (key.share, len(key.columns), sorted(key.columns.items())),
        default=None,
    )


def _foreign_keys(snapshot: Snapshot) -> Iterator[tuple[Place, Place]]:
    for constraint in snapshot.constraints:
        referring = snapshot.relation_by_oid.get(constraint.relation)
        referred = snapshot.relation_by_oid.get(constraint.references or 0)
        if constraint.kind == "f" and referring and referred:
            for own, other in zip(constraint.columns, constraint.referenced_columns, strict=False):
                yield (referring.relation_name, own), (referred.relation_name, other)


def _joins(snapshot: Snapshot) -> Iterator[tuple[Place, Place]]:
    """Where just two tables are joined, by one column each, these are set equal."""
    for statement in asked(snapshot):
        uses = statement.reading.shape.uses if statement.reading else ()
        joined = {
            (use.relation, each.operand)
            for use in uses
            for each in use.conditions
            if is_equality(each) and each.is_join
        }
        if len(joined) == _PAIR:
            first, second = sorted(joined)
            yield first, second


def _asked_for(snapshot: Snapshot) -> Iterator[Place]:
    for statement in asked(snapshot):
        for use in statement.reading.shape.uses if statement.reading else ():
            yield from ((use.relation, each.operand) for each in use.conditions if is_equality(each))


def is_equality(condition: Condition) -> bool:
    """Whether every row must have this value of a column, or that of another table's row."""
    return condition.is_column and condition.operator == "=" and not condition.arm


def _classes(places: Sequence[Place], pairs: Sequence[tuple[Place, Place]]) -> list[list[Place]]:
    leader = {place: place for place in places}

    def find(place: Place) -> Place:
        while leader[place] != place:
            place = leader[place]
        return place

    for first, second in pairs:
        if first in leader and second in leader:
            low, high = sorted((find(first), find(second)))
            leader[high] = low
    found: dict[Place, list[Place]] = {}
    for place in places:
        found.setdefault(find(place), []).append(place)
    return list(found.values())


def _key(snapshot: Snapshot, members: Sequence[Place], tables: Sequence[RelationName]) -> Key:
    """A table that has several columns of the class is distributed by the one that is asked for most."""
    weight: dict[Place, float] = dict.fromkeys(members, 0.0)
    for statement in asked(snapshot):
        for use in statement.reading.shape.uses if statement.reading else ():
            for each in use.conditions:
                if is_equality(each) and (use.relation, each.operand) in weight:
                    weight[use.relation, each.operand] += statement.share
    columns: dict[RelationName, str] = {}
    for table, column in sorted(members, key=lambda place: (-weight[place], place)):
        if table in tables:
            columns.setdefault(table, column)
    share = sum(
        statement.share
        for statement in asked(snapshot)
        if statement.reading and _is_served(statement.reading.shape, columns, tables)
    )
    return Key(columns=columns, share=share)


def _is_served(shape: Shape, columns: Mapping[RelationName, str], tables: Sequence[RelationName]) -> bool:
    """Whether all of it lies on one shard: each large table is bound to the key, and one of them to a value.

    A row that is inserted has its key with it.
    """
    large = [use for use in shape.uses if use.relation in tables]
    if not large:
        return any(change.verb == "insert" and change.relation in columns for change in shape.changes)
    bound = [
        [each for each in use.conditions if is_equality(each) and each.operand == columns.get(use.relation)]
        for use in large
    ]
    return all(bound) and any(not each.is_join for conditions in bound for each in conditions)
