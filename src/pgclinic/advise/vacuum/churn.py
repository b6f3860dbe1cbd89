"""How fast a table's rows die, from its counters alone."""

import msgspec

from pgclinic.model.catalog import Relation
from pgclinic.model.sessions import counted_seconds
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored

_FEWEST_ROWS = 1_000
"""A smaller table is a handful of pages, whatever of it is dead."""


class Churn(msgspec.Struct, frozen=True, kw_only=True):
    """One table: its living and dead rows, and what was changed and added since the counters began.

    ``dead_share`` is of all row versions, ``turnover`` how often each row was changed on average, ``per_second`` rows
    that die, None where nobody knows since when they were counted.
    """

    table: Relation
    rows: float
    dead: int
    changed: int
    added: int
    per_second: float | None

    @property
    def dead_share(self) -> float:
        """From 0 to 1."""
        return self.dead / (self.rows + self.dead)

    @property
    def turnover(self) -> float:
        """Updates and deletes per row."""
        return self.changed / self.rows


def churns(snapshot: Snapshot) -> tuple[Churn, ...]:
    """Of every ordinary table of some rows whose counters were seen, in the order of the catalog."""
    return tuple(
        churn
        for table in stored(snapshot)
        if table.kind == "r" and (churn := _churn(snapshot, table)) is not None and churn.rows >= _FEWEST_ROWS
    )


def _churn(snapshot: Snapshot, table: Relation) -> Churn | None:
    counters = snapshot.counters_of.get(table.oid)
    if counters is None:
        return None
    changed, seconds = counters.n_tup_upd + counters.n_tup_del, counted_seconds(snapshot)
    return Churn(
        table=table,
        rows=known_rows(snapshot, table),
        dead=counters.n_dead_tup,
        changed=changed,
        added=counters.n_tup_ins,
        per_second=changed / seconds if seconds else None,
    )
