"""An index is missing that the planner would use, for statements that take a notable share of the time.

What it sees:
    What the index adviser would build. It asks a private PostgreSQL that has the database's schema and statistics and
    none of its rows; only with `pgclinic checkup --plan`, because that takes some seconds. An index is a finding when
    the statements that would use it get cheaper by at least `min_saved` of all time, as planned: a statement's share of
    the time, times the part of its planner cost that is saved. From `much_saved` on it is a warning.

Why it matters:
    Without it these statements read and sort far more rows than they return, more every day. Where another finding
    weighs the same time already, because a statement is slow or a table is read from end to end, this one
    weighs nothing more in the grade: it says why.

What to do:
    `pgclinic prescribe` weighs all indexes against each other, what they cost each write, and a budget; `treat` builds
    them without stopping the application, and `prove` measures whether the gain is real.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity, fingerprint_of
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Course, Prescription, Remedy, StatementGain
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.counted import counted

FAMILY = "indexes"
NEEDS = ("statements", "relations", "column_statistics")
IS_PLANNED = True


def examine(
    snapshot: Snapshot, course: Course, *, min_saved: float = 0.01, much_saved: float = 0.05
) -> Iterator[Finding]:
    """The indexes of a course that are worth it, in its order: the most useful first."""
    total_ms = counted(snapshot.statements).total_ms
    for item in course.prescriptions:
        saved = sum(_saved(gain, total_ms) for gain in item.gains)
        if item.kind != "create_index" or saved < min_saved:
            continue
        yield Finding(
            check="missing_index",
            severity=Severity.WARNING if saved >= much_saved else Severity.NOTICE,
            object=item.object,
            summary="An index on {table} is missing: the planner would use it, and what takes {share} of all time "
            "would become {times} cheaper.",
            advice="Let pgclinic prescribe weigh it against others, and pgclinic treat build it.",
            facts=(
                Fact("table", str(_relation(item)), Unit.TEXT),
                Fact("statements", len(item.gains)),
                Fact("share", _share(item, total_ms), Unit.RATIO),
                Fact("times", _times(item), Unit.TIMES, Provenance.PLANNED),
                Fact("saved", saved, Unit.RATIO, Provenance.PLANNED),
                Fact("size", item.size_bytes, Unit.BYTES, Provenance.ESTIMATED),
                Fact("planned_by", course.workload.planned_by, Unit.TEXT),
                Fact("text", item.gains[0].sql, Unit.TEXT),
            ),
            burden=min(saved, 1),
            remedy=Remedy(kind=item.kind, do=item.do, undo=item.undo, verify=item.verify, hazards=item.hazards),
            explains=tuple(_explained(item)),
        )


def _saved(gain: StatementGain, total_ms: float) -> float:
    """The share of all time that a statement would no longer take, if its time went as its cost."""
    if not total_ms or gain.cost_before <= 0:
        return 0.0
    return gain.weight / total_ms * (1 - gain.cost_after / gain.cost_before)


def _share(item: Prescription, total_ms: float) -> float:
    return min(sum(gain.weight for gain in item.gains) / total_ms, 1) if total_ms else 0.0


def _times(item: Prescription) -> float:
    """How many times cheaper, over the time that the statements take."""
    before = sum(gain.weight for gain in item.gains)
    after = sum(gain.weight * gain.cost_after / gain.cost_before for gain in item.gains if gain.cost_before > 0)
    return before / after if after > 0 else 1.0


def _relation(item: Prescription) -> str:
    return item.table.name if item.table.schema == "public" else f"{item.table.schema}.{item.table.name}"


def _explained(item: Prescription) -> Iterator[str]:
    """Findings that weigh the same time."""
    yield fingerprint_of("sequential_scans", ObjectName("table", item.table.name, item.table.schema))
    for gain in item.gains:
        for check in ("slow_statement", "wasteful_read"):
            yield fingerprint_of(check, ObjectName("statement", gain.fingerprint))
