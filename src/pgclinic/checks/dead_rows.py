"""Many rows of a table are dead: no transaction can see them, yet every scan still reads them.

What it sees:
    Tables of at least `min_rows` rows in which at least `notable_share` of all row versions are dead; from
    `heavy_share` on it is a warning. Fewer than `few_dead` of them are left to autovacuum where it is on and not yet
    due.

Why it matters:
    Scans read the dead with the living, indexes point to both, and the table does not shrink again by itself: the space
    is only reused. A high share at every visit means that vacuum comes too rarely.

What to do:
    VACUUM the table now. For a table that changes much, lower autovacuum_vacuum_scale_factor for this table, so that
    vacuum comes earlier. If dead rows stay, look for a transaction that was left open, or a replication slot.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object
from pgclinic.model.vacuuming import is_switched_off, vacuum_threshold

FAMILY = "storage"
NEEDS = ("table_counters",)


def examine(
    snapshot: Snapshot,
    *,
    notable_share: float = 0.10,
    heavy_share: float = 0.25,
    min_rows: int = 10_000,
    few_dead: int = 10_000,
) -> Iterator[Finding]:
    """Tables full of dead rows, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, table) for table in stored(snapshot))
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        rows = known_rows(snapshot, table)
        if counters is None or rows < min_rows:
            continue
        share = counters.n_dead_tup / (rows + counters.n_dead_tup)
        is_left = counters.n_dead_tup < few_dead and _waits_its_turn(snapshot, table, counters.n_dead_tup)
        if share < notable_share or (is_left and share < heavy_share):
            continue
        yield Finding(
            check="dead_rows",
            severity=Severity.WARNING if share >= heavy_share else Severity.NOTICE,
            object=table_object(table),
            summary="{share} of the rows in {table} are dead: {dead} beside {live} living ones.",
            advice="VACUUM {table} now, and lower its autovacuum_vacuum_scale_factor.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("share", share, Unit.RATIO, Provenance.ESTIMATED),
                Fact("dead", counters.n_dead_tup),
                Fact("live", rows, provenance=Provenance.ESTIMATED),
                Fact(
                    "last_vacuum", counters.last_vacuum or "never", Unit.TEXT if counters.last_vacuum else Unit.PHRASE
                ),
                Fact(
                    "last_autovacuum",
                    counters.last_autovacuum or "never",
                    Unit.TEXT if counters.last_autovacuum else Unit.PHRASE,
                ),
            ),
            burden=rows / all_rows,
        )


def _waits_its_turn(snapshot: Snapshot, table: Relation, dead: int) -> bool:
    """Whether autovacuum will come to the table, and not before more of its rows are dead."""
    setting = snapshot.setting.get("autovacuum")
    is_on = setting is not None and setting.value == "on" and not is_switched_off(table)
    return is_on and dead <= vacuum_threshold(snapshot, table)
