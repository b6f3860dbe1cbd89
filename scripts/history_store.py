"""A small history store as SQL, for tests/watch/stores: ``python scripts/history_store.py VERSION > version_N.sql``.

Made once when a version is released, by the code of that version; never again.
"""

import sqlite3
import sys
import tempfile
from pathlib import Path

from pgclinic.model.activity import Session
from pgclinic.model.history import StatementText
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import IndexDelta, Sample, StatementDelta, TableDelta
from pgclinic.watch import migrations
from pgclinic.watch.history import History
from pgclinic.watch.observing import observed
from pgclinic.watch.upkeep import Retention, keep_up


def main(version: int) -> None:
    """Print the store."""
    migrations.STEPS, migrations.VERSION = migrations.STEPS[:version], version
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        history = History(str(path))
        _fill(history)
        history.close()
        connection = sqlite3.connect(path)
        sys.stdout.write("\n".join(connection.iterdump()) + "\n")
        connection.close()


def _fill(history: History) -> None:
    for number in (1, 2, 3):
        sample = Sample(
            target="shop",
            at=f"2026-01-02T10:0{number}:00+00:00",
            seconds=60.0,
            observations=(observed("connections", float(number)),),
            statements=(
                StatementDelta(queryid="9", role="app", calls=10 * number, total_ms=20.0 * number, mean_ms=2.0),
            ),
            tables=(TableDelta(relation=1, object=ObjectName("table", "orders", "public"), inserted=number),),
            indexes=(IndexDelta(relation=2, object=ObjectName("index", "orders_pkey", "public"), scans=number),),
            sessions=(Session(pid=number, role="app", state="active"),),
        )
        history.write(sample)
    text = StatementText(queryid="9", role="app", text="select $1", fingerprint="50fde20626009aba", verb="select")
    history.write_texts("shop", [text])
    history.write(
        Sample(target="shop", at="2026-01-02T10:20:00+00:00", seconds=None, gap="unreachable", reason="Cannot connect.")
    )
    keep_up(history, "shop", "2026-01-02T10:20:00+00:00", Retention())


if __name__ == "__main__":
    main(int(sys.argv[1]))
