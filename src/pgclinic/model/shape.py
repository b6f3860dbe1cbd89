"""What a statement asks of each relation, as far as indexes are concerned."""

import msgspec

from pgclinic.model.names import RelationName


class Predicate(msgspec.Struct, frozen=True):
    """A condition on one column. ``operator`` is SQL's (``=``, ``<``, ``~~`` for LIKE, ``is null``, ``@>`` …).

    ``in`` and ``= any`` are ``=`` with ``is_list``. ``is_join`` compares with a column of another relation.
    """

    column: str
    operator: str
    is_list: bool = False
    is_join: bool = False


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison of a WHERE or ON: what an index on ``operand`` would be searched by.

    ``operand`` is an unquoted column name when ``is_column``, else SQL over the relation's columns, unqualified.
    ``operator``, ``is_list`` and ``is_join`` are as in Predicate. ``constants`` are the other side's literals as text,
    ``parameter`` its ``$n`` or 0. ``clause`` is the whole condition as SQL when nothing stands in it but the relation's
    columns and constants, else empty: what a partial index could ask of its rows. ``arm`` tells the arms of ORs
    apart: a condition applies wherever those do whose arm begins with its own; empty, it always does.
    """

    operand: str
    operator: str
    is_column: bool = True
    is_list: bool = False
    is_join: bool = False
    constants: tuple[str, ...] = ()
    parameter: int = 0
    clause: str = ""
    arm: tuple[int, ...] = ()


class OrderKey(msgspec.Struct, frozen=True):
    """One column of an ORDER BY, or an expression as SQL when not ``is_column``."""

    column: str
    descending: bool = False
    nulls_first: bool = False
    is_column: bool = True


class RelationUse(msgspec.Struct, frozen=True, kw_only=True):
    """One appearance of a table in a statement, through views and sub-selects too.

    ``order`` is the longest prefix of the query's ORDER BY made of this relation's columns, ``group`` likewise for
    GROUP BY and DISTINCT; ``orders`` and ``groups`` are all of them, of windows and of every query level, expressions
    too. ``columns`` are all columns read; ``reads_all`` when every column is; ``compared`` are those that stand in
    a condition, an order or a group, be it inside an expression.
    """

    relation: RelationName
    predicates: tuple[Predicate, ...] = ()
    order: tuple[OrderKey, ...] = ()
    group: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()
    reads_all: bool = False
    conditions: tuple[Condition, ...] = ()
    orders: tuple[tuple[OrderKey, ...], ...] = ()
    groups: tuple[tuple[OrderKey, ...], ...] = ()
    compared: frozenset[str] = frozenset()


class ParameterUse(msgspec.Struct, frozen=True, kw_only=True):
    """Where a ``$n`` stands.

    ``role`` is ``value`` (compared with the column as it is), ``list`` (an array of such values), ``before_now`` or
    ``after_now`` (an interval away from the clock, compared with the column), ``limit``, ``offset`` or ``other``.
    """

    number: int
    role: str
    relation: RelationName | None = None
    column: str = ""
    operator: str = ""


class Change(msgspec.Struct, frozen=True):
    """What a statement writes: ``verb`` is ``insert``, ``update`` or ``delete``, ``columns`` those assigned anew."""

    verb: str
    relation: RelationName
    columns: frozenset[str] = frozenset()


class Shape(msgspec.Struct, frozen=True):
    """A statement's relations, parameters and changes."""

    uses: tuple[RelationUse, ...]
    parameters: tuple[ParameterUse, ...]
    changes: tuple[Change, ...] = ()
