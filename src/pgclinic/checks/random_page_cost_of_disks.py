"""The planner prices random reads as on a spinning disk, though nearly everything is in memory.

What it sees:
    random_page_cost of at least `disk_cost` for new sessions of this database, and a cache that found at least
    `high_hit` of at least `min_pages` pages. It is only said: what the storage is cannot be seen from SQL.

Why it matters:
    At 4 the planner believes that a page out of order costs four times a page in order, and prefers sequential scans
    where an index would be quicker. Solid-state storage and memory have hardly any such difference.

What to do:
    Unless the data is on spinning disks, set random_page_cost to 1.1 for this database, and compare plans before and
    after with `pgclinic prove`.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import of_database
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("settings", "database_counters")


def examine(
    snapshot: Snapshot, *, disk_cost: float = 4, high_hit: float = 0.99, min_pages: int = 1_000_000
) -> Iterator[Finding]:
    """The setting, when it contradicts what was seen."""
    counters, cost = snapshot.database_counters, of_database(snapshot, "random_page_cost")
    if counters is None or cost is None or float(cost) < disk_cost:
        return
    asked = counters.blks_hit + counters.blks_read
    if asked < min_pages or counters.blks_hit < high_hit * asked:
        return
    yield Finding(
        check="random_page_cost_of_disks",
        severity=Severity.INFO,
        object=ObjectName("setting", "random_page_cost"),
        summary="random_page_cost is {cost}, as for spinning disks, and {hit} of the pages were in memory.",
        advice="Set it to 1.1 for this database unless the data is on spinning disks, and compare plans.",
        facts=(Fact("cost", float(cost)), Fact("hit", counters.blks_hit / asked, Unit.RATIO)),
    )
