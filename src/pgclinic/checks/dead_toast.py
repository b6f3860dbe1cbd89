"""Much of what a table keeps in TOAST is dead.

What it sees:
    TOAST tables of at least `min_pieces` pieces of long values, of which at least `dead_share` are dead.

Why it matters:
    A long value that is changed is written anew in all of its pieces, and the old ones stay until vacuum. The table
    itself may look clean at the same time: its rows only hold pointers, and its dead rows are counted apart.

What to do:
    VACUUM the table, which does its TOAST table too. If it happens again, set
    toast.autovacuum_vacuum_scale_factor for it, and keep what changes often out of rows with long values.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import stored, table_object

FAMILY = "storage"
NEEDS = ("toast_tables", "relations")


def examine(snapshot: Snapshot, *, min_pieces: int = 50_000, dead_share: float = 0.3) -> Iterator[Finding]:
    """Tables with dead long values, in the order of the catalog."""
    toast = {one.relation: one for one in snapshot.toast_tables}
    all_pieces = sum(one.live_pieces + one.dead_pieces for one in snapshot.toast_tables)
    for table in stored(snapshot):
        own = toast.get(table.oid)
        if own is None or own.live_pieces + own.dead_pieces < min_pieces:
            continue
        share = own.dead_pieces / (own.live_pieces + own.dead_pieces)
        if share < dead_share:
            continue
        yield Finding(
            check="dead_toast",
            severity=Severity.NOTICE,
            object=table_object(table),
            summary="{share} of what {table} keeps in TOAST is dead: {dead} pieces beside {live} living ones.",
            advice="VACUUM {table}, and lower its toast.autovacuum_vacuum_scale_factor.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("share", share, Unit.RATIO),
                Fact("dead", own.dead_pieces),
                Fact("live", own.live_pieces),
                *([Fact("toast", table.toast_bytes, Unit.BYTES)] if table.toast_bytes is not None else []),
            ),
            burden=(own.live_pieces + own.dead_pieces) / all_pieces,
        )
