"""The lines that people sort, out of the kept snapshot of the demo."""

from pathlib import Path

import msgspec
import pytest

from pgclinic.grading.listing import index_lines, statement_lines, table_lines
from pgclinic.grading.percentiles import one_percentile_ms, percentile_ms
from pgclinic.model import snapshot_file
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.counted import counted

SNAPSHOT = Path(__file__).parent.parent.parent / "docs" / "example" / "fortin.pgclinic"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return snapshot_file.read(SNAPSHOT)


def test_statements_come_heaviest_first_and_their_shares_are_of_the_whole(snapshot: Snapshot) -> None:
    lines = statement_lines(snapshot)
    assert [line.total_ms for line in lines] == sorted((line.total_ms for line in lines), reverse=True)
    assert sum(line.share for line in lines) == pytest.approx(1, abs=0.01)
    assert all(line.p95_ms is None for line in lines if line.calls < 20)
    assert all(line.cache_hit is None or 0 <= line.cache_hit <= 1 for line in lines)


def test_one_statements_percentile_is_the_mixtures_of_one(snapshot: Snapshot) -> None:
    often = [each for each in counted(snapshot.statements).statements if each.calls >= 20]
    assert often
    for each in often:
        assert one_percentile_ms(each, 0.95) == pytest.approx(percentile_ms([each], 0.95), rel=1e-6)


def test_tables_and_indexes_come_largest_first(snapshot: Snapshot) -> None:
    tables, indexes = table_lines(snapshot), index_lines(snapshot)
    assert [each.total_bytes for each in tables] == sorted((each.total_bytes for each in tables), reverse=True)
    assert [each.bytes for each in indexes] == sorted((each.bytes for each in indexes), reverse=True)
    assert sum(each.share for each in tables) == pytest.approx(1)
    assert {each.table for each in indexes} <= {each.name for each in tables}
    assert {each.enforces for each in indexes} >= {"primary key", "unique", ""}
    assert all(0 <= each.empty_share < 1 for each in (*tables, *indexes) if each.empty_share is not None)


def test_what_was_not_counted_is_none_and_not_nothing(snapshot: Snapshot) -> None:
    (table, *_) = table_lines(msgspec.structs.replace(snapshot, table_counters=()))
    assert (table.seq_scans, table.dead_rows, table.dead_share, table.vacuumed_at) == (None, None, None, None)
    assert statement_lines(msgspec.structs.replace(snapshot, statements=())) == ()
