"""A cache: where few different answers are asked for again and again, and what they are made of seldom changes."""

from collections.abc import Iterator
from math import prod

from msgspec.structs import replace

from pgclinic.advise.capacity.load import load_of, only_reads
from pgclinic.advise.case import Case
from pgclinic.advise.prescribed import prescribed
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.prescription import ApplicationChange, CodeExample, Hazard, Prescription, Remedy, Risk, When
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sizes.distinct import distinct_of
from pgclinic.sql.asked import AskedStatement, asked

_REDIS = """\
answer = redis.get(key)
if answer is None:
    answer = dumps(connection.execute(statement, parameters).fetchall())
    redis.set(key, answer, ex={seconds})
"""


def cache(
    case: Case,
    *,
    notable_share: float = 0.05,
    few_rows: float = 1_000,
    repeats: float = 100,
    asked_per_change: float = 50,
) -> Iterator[Prescription]:
    """Statements, the heaviest first: each answer asked for ``repeats`` times, ``asked_per_change`` times unchanged."""
    snapshot = case.snapshot
    load = load_of(snapshot)
    if load is None:
        return
    for statement in asked(snapshot):
        if statement.share < notable_share:
            return
        answers = _different_answers(snapshot, statement)
        if answers is None or statement.rows_per_call > few_rows or statement.counted.calls < repeats * answers:
            continue
        changes = _changes(snapshot, statement)
        if changes is None or changes * asked_per_change > statement.counted.calls:
            continue
        seconds = max(1, min(3_600, round(load.seconds / (changes + 1))))
        item = prescribed(
            Remedy(kind="capacity", do=()),
            statement.object,
            reason="{answers} different answers were asked for {calls} times and changed {changes} times: cache them.",
            facts=(
                Fact("answers", round(answers), provenance=Provenance.ESTIMATED),
                Fact("changes", changes),
                Fact("valid_for", seconds, Unit.SECONDS, Provenance.ESTIMATED),
                *statement.facts,
            ),
            when=When.THIS_MONTH,
            risk=Risk.MEDIUM,
        )
        change = ApplicationChange(
            summary="Keep the answers in the application or in Redis for so long, or until they are changed.",
            examples=(CodeExample("redis-py", _REDIS.format(seconds=seconds)),),
        )
        yield replace(item, hazards=(Hazard.CHANGES_APPLICATION,), application=change)


def _different_answers(snapshot: Snapshot, statement: AskedStatement) -> float | None:
    """How many there can be: of each parameter the values of its column, multiplied. None where one can be anything."""
    if not only_reads(statement) or statement.reading is None or not statement.reading.shape.uses:
        return None
    counts = []
    for parameter in statement.reading.shape.parameters:
        relation = snapshot.relation_by_name.get(parameter.relation) if parameter.relation else None
        statistics = snapshot.statistics_of.get((relation.oid, parameter.column, False)) if relation else None
        if relation is None or statistics is None or parameter.operator != "=" or parameter.role != "value":
            return None
        counts.append(max(1.0, distinct_of(statistics, known_rows(snapshot, relation))))
    return prod(counts)


def _changes(snapshot: Snapshot, statement: AskedStatement) -> int | None:
    """Rows that were written to its tables since the counters began; None where one has no counters."""
    assert statement.reading is not None
    total = 0
    for name in sorted({use.relation for use in statement.reading.shape.uses}):
        relation = snapshot.relation_by_name.get(name)
        counters = snapshot.counters_of.get(relation.oid) if relation else None
        if counters is None:
            return None
        total += counters.n_tup_ins + counters.n_tup_upd + counters.n_tup_del
    return total
