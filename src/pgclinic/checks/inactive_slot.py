"""A replication slot that nobody reads from keeps WAL, or has lost what it was for.

What it sees:
    Slots of the server that are neither active nor temporary, nor copies of a primary's slots on a standby: those for
    which at least `kept_bytes` of WAL are kept are a warning; those that the server gave up because they fell too
    far behind are a notice, for they are useless.

Why it matters:
    The server keeps all WAL since the slot was last read, and a logical slot keeps old rows of the system catalogs too.
    A forgotten slot fills the disk until the server stops.

What to do:
    Start the replica or subscriber again, or drop the slot. Set max_slot_wal_keep_size, so that a slot can never take
    the whole disk.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("replication_slots",)


def examine(snapshot: Snapshot, *, kept_bytes: int = 1 << 30) -> Iterator[Finding]:
    """Slots without a reader, in the order of their names."""
    for slot in snapshot.replication_slots:
        if slot.is_active or slot.is_temporary or slot.is_synced:
            continue
        is_lost = slot.wal_status == "lost"
        kept = slot.kept_bytes or 0
        if not is_lost and kept < kept_bytes:
            continue
        yield Finding(
            check="inactive_slot",
            severity=Severity.NOTICE if is_lost else Severity.WARNING,
            object=ObjectName("replication slot", slot.name),
            summary=(
                "Nobody reads from the slot {slot}, which fell so far behind that it is of no use."
                if is_lost
                else "Nobody reads from the slot {slot}, for which {kept} of WAL are kept."
            ),
            advice=(
                "Drop the slot {slot}, and set up anew whoever read from it."
                if is_lost
                else "Start the reader of {slot} again or drop the slot, and set max_slot_wal_keep_size."
            ),
            facts=(
                Fact("slot", slot.name, Unit.TEXT),
                Fact("kind", slot.kind, Unit.TEXT),
                Fact("kept", kept, Unit.BYTES),
                *([Fact("inactive_since", slot.inactive_at, Unit.TEXT)] if slot.inactive_at else []),
            ),
            burden=kept / (kept + kept_bytes) if kept > 0 else 0.1,
        )
