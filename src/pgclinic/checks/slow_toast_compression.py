"""Long values that are read often are packed with the slower of two methods.

What it sees:
    From server 14 on, tables with at least `min_bytes` in TOAST, of whose page reads at least `read_share` are in
    TOAST, at least `times_read` for each of its pages (writing it takes a few), and with columns that are compressed
    with pglz where the server has lz4 too. It is only said.

Why it matters:
    lz4 unpacks several times as fast at about the same size. It is the default from server 19 on.

What to do:
    ALTER TABLE … ALTER COLUMN … SET COMPRESSION lz4, which holds for values written from then on; set
    default_toast_compression to lz4 for new columns.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import stored, table_object

FAMILY = "storage"
NEEDS = ("toast_tables", "table_counters", "relation_sizes")


def examine(
    snapshot: Snapshot, *, min_bytes: int = 1 << 30, read_share: float = 0.3, times_read: float = 10
) -> Iterator[Finding]:
    """Tables whose long values could be unpacked faster, in the order of the catalog."""
    columns = {one.relation: one.pglz_columns for one in snapshot.toast_tables}
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        if counters is None or not columns.get(table.oid) or (table.toast_bytes or 0) < min_bytes:
            continue
        in_toast = counters.toast_blks_read + counters.toast_blks_hit
        pages = in_toast + counters.heap_blks_read + counters.heap_blks_hit
        toast_pages = (table.toast_bytes or 0) / snapshot.server.block_size
        if not pages or in_toast < read_share * pages or in_toast < times_read * toast_pages:
            continue
        yield Finding(
            check="slow_toast_compression",
            severity=Severity.INFO,
            object=table_object(table),
            summary="{table} keeps {toast} in TOAST and reads it often; it is compressed with pglz, not lz4.",
            advice="Set compression lz4 for {columns}; it holds for new values.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("toast", table.toast_bytes or 0, Unit.BYTES),
                Fact("read_share", in_toast / pages, Unit.RATIO),
                Fact("columns", ", ".join(columns[table.oid]), Unit.TEXT),
            ),
        )
