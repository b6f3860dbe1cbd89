"""How a table is partitioned: its key and the bounds of its partitions, as PostgreSQL prints them."""

from functools import lru_cache

import msgspec

from pgclinic.sql.operands import without_casts
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, nodes, parse_one, strings

_STRATEGIES = ("range", "list", "hash")


class PartitionKey(msgspec.Struct, frozen=True):
    """``strategy`` is ``range``, ``list`` or ``hash``; ``columns`` all that stand in it, ``is_plain`` when alone."""

    strategy: str
    columns: tuple[str, ...]
    is_plain: bool


class Range(msgspec.Struct, frozen=True):
    """The bounds of a range partition's first column as text; None for MINVALUE and MAXVALUE."""

    low: str | None
    high: str | None


@lru_cache(maxsize=4096)
def key_of(text: str) -> PartitionKey | None:
    """A key such as ``RANGE (created_at)``; None for what cannot be read."""
    try:
        spec = parse_one(f"create table t (c int) partition by {text}").stmts[0].stmt.create_stmt.partspec
    except UnreadableSqlError:
        return None
    strategy = next((one for one in _STRATEGIES if text.lower().startswith(one)), "")
    columns: list[str] = []
    for parameter in spec.part_params:
        element = parameter.partition_elem
        columns += [element.name] if element.name else _named(element.expr)
    is_plain = all(parameter.partition_elem.name for parameter in spec.part_params)
    return PartitionKey(strategy, tuple(dict.fromkeys(columns)), is_plain)


def _named(expression: Tree) -> list[str]:
    return [
        name
        for node in (expression, *nodes(expression))
        if node.WhichOneof("node") == "column_ref"
        for name in strings(node.column_ref.fields)[-1:]
    ]


def is_default(bound: str | None) -> bool:
    """Whether a partition takes what fits into no other."""
    return (bound or "").strip().upper() == "DEFAULT"


@lru_cache(maxsize=16384)
def range_of(bound: str) -> Range | None:
    """The range of a bound such as ``FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')``; None for any other."""
    try:
        spec = parse_one(f"create table t partition of p {bound}").stmts[0].stmt.create_stmt.partbound
    except UnreadableSqlError:
        return None
    if not spec.lowerdatums or not spec.upperdatums:
        return None
    return Range(_text(spec.lowerdatums[0]), _text(spec.upperdatums[0]))


def _text(datum: Tree) -> str | None:
    constant = without_casts(datum).a_const
    return str(constant.sval.sval) if constant.WhichOneof("val") == "sval" else None
