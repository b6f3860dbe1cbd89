"""A foreign key and the key that it refers to are of different types.

What it sees:
    Foreign keys with a column of another type than the column referred to. An integer that is smaller than what it
    refers to is mere information as long as the numbers referred to use little of it, a notice from `notable_share`
    of its numbers on and a warning from `heavy_share`. Types that compare only after a cast (integer and numeric,
    char(n) and text) are a notice from `min_rows` rows on. A larger integer, text beside varchar, and others that one
    index serves alike do no harm and stay unmentioned.

Why it matters:
    The first row referred to whose number is too large for the smaller type cannot be referred to: the insert fails.
    Where a comparison casts one side, joins along the key cannot use that side's index.

What to do:
    Give the referring column the type of the key that it refers to, while the table is small enough to be rewritten.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Column
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.integers import LARGEST
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sizes.types import bare

FAMILY = "schema"
NEEDS = ("constraints", "columns", "sequences", "types")
_ALIKE = (
    frozenset({"text", "character varying"}),
    frozenset({"real", "double precision"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
)
"""Types of one operator family, which an index compares without a cast (pg_opfamily.dat); integers apart."""


def examine(
    snapshot: Snapshot, *, min_rows: int = 10_000, notable_share: float = 0.1, heavy_share: float = 0.6
) -> Iterator[Finding]:
    """Keys of two types, in the order of the catalog."""
    keys = [key for key in snapshot.constraints if key.kind == "f" and not key.is_inherited]
    for key in keys:
        table, referred = (snapshot.relation_by_oid.get(oid or 0) for oid in (key.relation, key.references))
        if table is None or referred is None:
            continue
        for name, other in zip(key.columns, key.referenced_columns, strict=False):
            column, target = _column(snapshot, table.oid, name), _column(snapshot, referred.oid, other)
            if column is None or target is None:
                continue
            here, there = _base(snapshot, column), _base(snapshot, target)
            if _are_alike(here, there):
                continue
            is_smaller = here in LARGEST and there in LARGEST
            share = _highest(snapshot, target) / LARGEST[here] if is_smaller else 0.0
            rows = known_rows(snapshot, table)
            is_felt = share >= notable_share if is_smaller else rows >= min_rows
            yield Finding(
                check="foreign_key_type_mismatch",
                severity=Severity.WARNING if share >= heavy_share else Severity(is_felt),
                object=ObjectName("constraint", key.name, table.schema, table.name),
                summary="{column} of {table} is {type} and refers to {target} of {referred}, which is {target_type}.",
                advice="Make {column} {target_type} too.",
                facts=(
                    Fact("column", name, Unit.TEXT),
                    Fact("table", str(table.relation_name), Unit.TEXT),
                    Fact("type", here, Unit.TEXT),
                    Fact("target", other, Unit.TEXT),
                    Fact("referred", str(referred.relation_name), Unit.TEXT),
                    Fact("target_type", there, Unit.TEXT),
                    Fact("share", share, Unit.RATIO),
                    Fact("rows", rows, provenance=Provenance.ESTIMATED),
                ),
                burden=1 / len(keys),
            )
            break


def _column(snapshot: Snapshot, relation: int, name: str) -> Column | None:
    return next((column for column in snapshot.columns_of.get(relation, ()) if column.name == name), None)


def _base(snapshot: Snapshot, column: Column) -> str:
    """The type without its modifier; of a domain, what it is made of."""
    domain = next((each for each in snapshot.types if each.oid == column.type_oid and each.kind == "d"), None)
    return bare(domain.base_type if domain is not None else column.type)


def _are_alike(here: str, there: str) -> bool:
    if here in LARGEST and there in LARGEST:
        return LARGEST[here] >= LARGEST[there]
    return here == there or any({here, there} <= family for family in _ALIKE)


def _highest(snapshot: Snapshot, column: Column) -> int:
    """The largest number of a key as far as it is known: from its sequence and from its index."""
    found = [
        sequence.last_value or 0
        for sequence in snapshot.sequences
        if (sequence.owner_relation, sequence.owner_column) == (column.relation, column.name)
    ]
    for ends in snapshot.column_ends:
        if (ends.relation, ends.column) == (column.relation, column.name) and ends.high:
            try:
                found.append(int(ends.high))
            except ValueError:
                continue
    return max(found, default=0)
