"""The grade that a plan would lead to: the same checks over the counters as the plan would have them."""

from typing import Any

import pytest
from msgspec.structs import replace

from pgclinic.grading.forecast import forecast, foreseen
from pgclinic.model.catalog import IndexDefinition, IndexKey, Relation
from pgclinic.model.checkup import Checkup
from pgclinic.model.counters import StatementCounters
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import (
    GradeForecast,
    Prescription,
    Replacement,
    Statement,
    StatementGain,
    StatementMapping,
)
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.remedies import create_index
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive

SLOW, SLOWER = "select * from calls where phone = $1", "select count(*) from calls where status = $1"
CALLS = RelationName("public", "calls")


def row(text: str, total_ms: float, calls: int = 100) -> StatementCounters:
    mean = total_ms / calls
    return StatementCounters(
        queryid=text, role="app", text=text, calls=calls, rows=calls, total_ms=total_ms, mean_ms=mean, max_ms=mean,
        shared_blks_hit=100_000,
    )  # fmt: skip


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot(
        header=Header(
            format_version=1, collector="test", clock="2026-01-01T00:00:00+00:00", probes=("statements", "relations")
        ),
        server=Server(version_num=180000, version="18", database="shop"),
        relations=(Relation(oid=1, schema="public", name="calls", kind="r", owner="x", pages=1000),),
        statements=(row(SLOW, 60_000), row(SLOWER, 90_000)),
    )


def cure(*gains: tuple[str, float], **more: Any) -> Prescription:
    own = create_index.prescribe(
        IndexDefinition(CALLS, (IndexKey("phone"),)), name="calls_phone_idx", size_bytes=8192, reason="why"
    )
    made = tuple(
        StatementGain(fingerprint=fingerprint(sql), name="", sql=sql, cost_before=100, cost_after=100 * ratio)
        for sql, ratio in gains
    )
    return replace(own, gains=made, **more)


def foretold(snapshot: Snapshot, *items: Prescription) -> tuple[GradeForecast, list[float], Checkup]:
    ratios = {(gain.fingerprint, ""): gain.cost_after / gain.cost_before for item in items for gain in item.gains}
    after = drive(checkup(foreseen(snapshot, items, ratios)))
    estimate, points = forecast(drive(checkup(snapshot)), after, items)
    return estimate, [points[item.fingerprint] for item in items], after


def test_statements_that_become_cheaper_are_no_longer_slow(snapshot: Snapshot) -> None:
    estimate, points, after = foretold(snapshot, cure((SLOW, 0.001), (SLOWER, 0.001)))
    assert estimate.score_after > estimate.score_before
    assert points == [pytest.approx(estimate.score_after - estimate.score_before, abs=0.11)]
    assert not [finding for finding in after.findings if finding.check == "slow_statement"]


def test_what_helps_a_little_cures_nothing(snapshot: Snapshot) -> None:
    estimate, points, _ = foretold(snapshot, cure((SLOW, 0.9)))
    assert points == [0.0]
    assert estimate.letter_after == estimate.letter_before


def test_each_gives_back_its_own_points_and_all_no_less(snapshot: Snapshot) -> None:
    one = cure((SLOW, 0.001))
    other = replace(cure((SLOWER, 0.001)), do=(Statement(sql="select 1"),))
    estimate, points, _ = foretold(snapshot, one, other)
    assert min(points) > 0
    assert estimate.score_after >= estimate.score_before + max(points) - 0.11


def test_a_finding_that_is_named_is_cured(snapshot: Snapshot) -> None:
    slow = next(each for each in drive(checkup(snapshot)).findings if each.check == "slow_statement")
    _, points, _ = foretold(snapshot, cure(cures=(slow.fingerprint,)))
    assert points[0] > 0


def test_a_replaced_statement_is_counted_as_what_replaces_it(snapshot: Snapshot) -> None:
    mapping = StatementMapping(
        original=fingerprint(SLOW), replacements=(Replacement(sql="select 2 from calls"),), calls=50
    )
    item = cure((SLOW, 0.1), mappings=(mapping,), do=(), object=ObjectName("statement", fingerprint(SLOW)))
    after = foreseen(snapshot, [item], {(fingerprint(SLOW), ""): 0.1})
    first, second = after.statements
    assert (first.text, first.calls, first.total_ms, first.mean_ms) == ("select 2 from calls", 2, 6000, 3000)
    assert second == snapshot.statements[1]
    assert after.indexes == ()


def test_nothing_becomes_worse_by_the_estimate(snapshot: Snapshot) -> None:
    """What stays has a larger share of less time."""
    little = replace(snapshot, statements=(row(SLOW, 6_000), row(SLOWER, 194_000)))
    estimate, _, after = foretold(little, cure((SLOWER, 0.001)))
    assert any(finding.check == "slow_statement" for finding in after.findings)
    assert estimate.score_after > estimate.score_before
