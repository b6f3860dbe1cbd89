"""A large key is filled with random UUIDs, so that each insert writes to another page.

What it sees:
    Unique indexes over a single uuid column whose default is random (`gen_random_uuid()`, `uuid_generate_v4()`), that
    take at least `cache_share` of shared_buffers, whose table got at least `min_inserts` rows since the statistics
    were reset, and of whose pages at least `miss_share` had to be fetched from outside of them.

Why it matters:
    Random keys land all over the index: each new row needs a page of its own in memory, and after each checkpoint
    writes it to the WAL in full. As long as the index fits into memory nobody notices; then inserts wait for the disk.

What to do:
    Give new rows UUIDs that rise with time (version 7: `uuidv7()` from PostgreSQL 18 on, or made by the application).
    Old keys stay as they are. Mind that such a key tells when its row was made.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Column, Index
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.expressions import calls_outside_subselects
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "schema"
NEEDS = ("columns", "indexes", "settings", "table_counters")
_RANDOM = {"gen_random_uuid", "uuid_generate_v4", "uuidv4"}


def examine(
    snapshot: Snapshot, *, cache_share: float = 0.25, miss_share: float = 0.02, min_inserts: int = 100_000
) -> Iterator[Finding]:
    """Keys that are too large to be random, in the order of the catalog."""
    setting = snapshot.setting.get("shared_buffers")
    cache = int(setting.value) * snapshot.server.block_size if setting and setting.value.isdigit() else None
    all_bytes = sum(index.bytes or 0 for index in snapshot.indexes)
    for index in snapshot.indexes:
        size, asked = index.bytes or 0, (index.blocks_read or 0) + (index.blocks_hit or 0)
        if cache is None or size < cache_share * cache or not asked or not _is_random_key(snapshot, index):
            continue
        counters = snapshot.counters_of.get(index.relation)
        inserts = counters.n_tup_ins if counters else 0
        missed = (index.blocks_read or 0) / asked
        if inserts < min_inserts or missed < miss_share:
            continue
        yield Finding(
            check="random_uuid_key",
            severity=Severity.NOTICE,
            object=ObjectName("index", index.name, index.schema),
            summary="The random keys of {table} fill {index} of {size}, and {missed} of its pages were not in memory.",
            advice=(
                "Give new rows of {table} keys that rise with time: uuidv7() is built in."
                if snapshot.server.major >= 18  # noqa: PLR2004 - the version that brought it
                else "Give new rows of {table} keys that rise with time (UUID version 7)."
            ),
            facts=(
                Fact("table", str(index.definition.relation), Unit.TEXT),
                Fact("index", index.name, Unit.TEXT),
                Fact("size", size, Unit.BYTES),
                Fact("missed", missed, Unit.RATIO),
                Fact("inserts", inserts),
                Fact("shared_buffers", cache, Unit.BYTES),
            ),
            burden=missed * size / all_bytes,
        )


def _is_random_key(snapshot: Snapshot, index: Index) -> bool:
    keys = index.definition.keys
    if not index.definition.is_unique or len(keys) != 1 or not keys[0].is_column:
        return False
    columns = snapshot.columns_of.get(index.relation, ())
    return any(column.name == keys[0].expression and _is_random(column) for column in columns)


def _is_random(column: Column) -> bool:
    if column.type != "uuid" or not column.default:
        return False
    try:
        return any(call.name in _RANDOM for call in calls_outside_subselects(column.default))
    except UnreadableSqlError:
        return False
