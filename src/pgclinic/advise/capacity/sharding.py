"""Citus: where one machine is full with writes and work, and a key that most statements name would spread both."""

from collections.abc import Iterator

from msgspec.structs import replace

from pgclinic.advise.capacity.distribution import Key, best_key
from pgclinic.advise.capacity.load import load_of
from pgclinic.advise.case import Case
from pgclinic.advise.prescribed import prescribed
from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Declined,
    Hazard,
    Prescription,
    Remedy,
    Risk,
    When,
)
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import stored
from pgclinic.sql import quote


def sharding(
    case: Case,
    *,
    large_bytes: float = 500 << 30,
    many_busy: float = 16,
    written_share: float = 0.3,
    large_share: float = 0.02,
    served: float = 0.8,
) -> Iterator[Prescription | Declined]:
    """``many_busy`` sessions on ``large_bytes``, ``written_share`` of the time in writes that no replica takes over.

    Tables of ``large_share`` of all bytes are distributed, all others copied everywhere; it is refused where the best
    key serves less than ``served`` of the time from one shard.
    """
    snapshot = case.snapshot
    load = load_of(snapshot)
    tables = [table for table in stored(snapshot) if table.kind == "r" and not table.is_partition]
    size = sum(table.total_bytes or 0 for table in tables)
    if load is None or size < large_bytes or load.busy < many_busy or 1 - load.read_share < written_share:
        return
    large = [table for table in tables if (table.total_bytes or 0) >= large_share * size]
    key = best_key(snapshot, [table.relation_name for table in large])
    about = ObjectName("database", snapshot.server.database)
    evidence = (
        Fact("size", size, Unit.BYTES),
        Fact("busy", load.busy),
        Fact("written", 1 - load.read_share, Unit.RATIO),
        Fact("served", key.share if key else 0.0, Unit.RATIO),
    )
    if key is None or key.share < served:
        yield Declined(
            adviser="capacity",
            object=about,
            reason="No column would bring most statements to one shard: the best key serves {served} of the time.",
            facts=evidence,
        )
        return
    without = ", ".join(sorted(_unique_without(snapshot, large, key)))
    item = prescribed(
        Remedy(kind="capacity", do=()),
        about,
        reason=(
            "{busy} sessions work on {size}, {written} of the time in writes: by {key} Citus would spread them, and"
            " {served} of the time needs one shard only."
        ),
        facts=(
            *evidence,
            Fact("key", ", ".join(f"{table}.{column}" for table, column in sorted(key.columns.items())), Unit.TEXT),
            *((Fact("unique_without_it", without, Unit.TEXT),) if without else ()),
            Fact("counted_for", load.seconds, Unit.SECONDS, Provenance.MEASURED),
        ),
        when=When.THIS_MONTH,
        risk=Risk.HIGH,
    )
    change = ApplicationChange(
        summary=(
            "Try it on a copy: unique keys have to contain the distribution key, and statements without it go to every"
            " shard."
        ),
        examples=(CodeExample("Citus", _code(tables, key)),),
    )
    yield replace(item, hazards=(Hazard.CHANGES_APPLICATION, Hazard.TAKES_DISK), application=change)


def _unique_without(snapshot: Snapshot, large: list[Relation], key: Key) -> Iterator[str]:
    for table in large:
        for constraint in snapshot.constraints_of.get(table.oid, ()):
            if constraint.kind in "pu" and key.columns.get(table.relation_name) not in constraint.columns:
                yield constraint.name


def _code(tables: list[Relation], key: Key) -> str:
    lines = []
    for table in sorted(tables, key=lambda each: each.relation_name):
        name, column = quote.literal(quote.relation(table.relation_name)), key.columns.get(table.relation_name)
        lines.append(
            f"select create_reference_table({name});"
            if column is None
            else f"select create_distributed_table({name}, {quote.literal(column)});"
        )
    return "\n".join(lines)
