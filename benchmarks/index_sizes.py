"""How right the estimated sizes are: every candidate of TPC-H and TPC-DS really built, at scale factor 0.1.

A plain B-tree has to be within 15 % for nine in ten and within 30 % for all, every other kind within a factor of two.
The second line is kept where it can be known how many different pairs two columns have (``data/joint.py``); how far off
the worst is without that stands beside it.
"""

from collections.abc import Iterator, Sequence

from psycopg.conninfo import conninfo_to_dict

from benchmarks.data.databases import database
from benchmarks.data.joint import Pair, joint_database
from benchmarks.data.judge import built
from benchmarks.data.planned import snapshot_of
from benchmarks.data.servers import server
from benchmarks.data.suites import SUITES, Suite
from benchmarks.report import Row
from pgclinic.advise.candidates import candidates, kinds_of
from pgclinic.advise.limits import Limits
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.twin.planner import Twin

MAJOR = 15
SCALE = 0.1
LIMITS = Limits(max_width=2)
NEAR, FAR, FACTOR = 0.15, 0.30, 2.0
NINE_IN_TEN = 0.9
_AT_A_TIME = 50
_FEWEST_PAGES = 10
"""Of smaller indexes a page more or less is more than that."""


def run() -> Sequence[Row]:
    rows = []
    with server(MAJOR) as source:
        for suite in SUITES:
            conninfo = database(source, suite, SCALE)
            snapshot = snapshot_of(conninfo)
            wanted = _wanted(snapshot, suite)
            ratios = list(_ratios(conninfo, snapshot, wanted))
            trees = [ratio for definition, ratio in ratios if definition.method == "btree"]
            others = [ratio for definition, ratio in ratios if definition.method != "btree"]
            plain = [each for each in wanted if each.method == "btree"]
            known = joint_database(source, str(conninfo_to_dict(conninfo)["dbname"]), {*_pairs(plain)})
            joint = [ratio for _, ratio in _ratios(known, snapshot_of(known), plain)]
            rows += [*_trees(f"{suite.name}, B-tree", trees, joint), *_others(f"{suite.name}, other kinds", others)]
    return rows


def _pairs(definitions: Sequence[IndexDefinition]) -> Iterator[Pair]:
    for definition in definitions:
        if len(definition.keys) > 1:
            yield definition.relation, frozenset(key.expression for key in definition.keys)


def _wanted(snapshot: Snapshot, suite: Suite) -> list[IndexDefinition]:
    found: dict[IndexDefinition, None] = {}
    for query in suite.compared().values():
        shape = shape_of(query, resolver_of(snapshot))
        proposed = candidates(shape, snapshot, limits=LIMITS)
        found.update(dict.fromkeys(each for each in proposed if not kinds_of(each) & {"expression", "partial"}))
    return list(found)


def _ratios(
    conninfo: str, snapshot: Snapshot, definitions: Sequence[IndexDefinition]
) -> Iterator[tuple[IndexDefinition, float]]:
    """Estimated over real bytes of each index that has more than a few pages."""
    with Twin(snapshot) as twin:
        for start in range(0, len(definitions), _AT_A_TIME):
            batch = definitions[start : start + _AT_A_TIME]
            with built(conninfo, batch) as real:
                for definition, answer in zip(batch, twin.add_all(batch), strict=True):
                    size = real.bytes(definition)
                    if size > _FEWEST_PAGES * snapshot.server.block_size and isinstance(answer, WhatIfIndex):
                        yield definition, answer.bytes / size


def _trees(subject: str, ratios: Sequence[float], joint: Sequence[float]) -> list[Row]:
    near = sum(1 - NEAR <= ratio <= 1 + NEAR for ratio in ratios) / len(ratios)
    worst = max(abs(ratio - 1) for ratio in joint)
    unknown = max(abs(ratio - 1) for ratio in ratios)
    return [
        Row(subject=subject, figure="indexes built", value=len(ratios)),
        Row(
            subject=subject,
            figure=f"within {NEAR:.0%}",
            value=100 * near,
            unit="%",
            line=f"at least {NINE_IN_TEN:.0%}",
            passes=near >= NINE_IN_TEN,
        ),
        Row(
            subject=subject,
            figure="the worst is off by, pairs known",
            value=100 * worst,
            unit="%",
            line=f"at most {FAR:.0%}",
            passes=worst <= FAR,
        ),
        Row(subject=subject, figure="the worst is off by, pairs unknown", value=100 * unknown, unit="%"),
    ]


def _others(subject: str, ratios: Sequence[float]) -> list[Row]:
    if not ratios:
        return []
    worst = max(max(ratio, 1 / ratio) for ratio in ratios)
    line = f"at most {FACTOR:g} times"
    return [
        Row(subject=subject, figure="indexes built", value=len(ratios)),
        Row(subject=subject, figure="the worst is off by", value=worst, unit="x", line=line, passes=worst <= FACTOR),
    ]
