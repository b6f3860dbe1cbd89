"""A read replica: where several sessions are always at work and most of that time long reports are read."""

from collections.abc import Iterator

from msgspec.structs import replace

from pgclinic.advise.capacity.load import Load, load_of, only_reads
from pgclinic.advise.case import Case
from pgclinic.advise.prescribed import prescribed
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import ApplicationChange, CodeExample, Hazard, Prescription, Remedy, Risk, When
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import asked

_CODE = """\
# reads that may be some seconds old; everything else stays with the primary
reporting = create_engine(
    "postgresql+psycopg://app@replica/{database}",
    execution_options={{"postgresql_readonly": True}},
)
"""


def replica(
    case: Case,
    *,
    many_busy: float = 4,
    mostly_reads: float = 0.8,
    report_ms: float = 100,
    report_share: float = 0.3,
    long_enough: float = 600,
) -> Iterator[Prescription]:
    """``many_busy`` sessions at work on average, ``report_share`` of the time in reads of ``report_ms`` or more."""
    snapshot = case.snapshot
    load = load_of(snapshot)
    has_one = bool(snapshot.replicas) or snapshot.server.in_recovery
    if load is None or has_one or load.seconds < long_enough:
        return
    reports = reports_of(snapshot, report_ms)
    if load.busy < many_busy or load.read_share < mostly_reads or reports < report_share:
        return
    item = prescribed(
        Remedy(kind="capacity", do=()),
        ObjectName("database", snapshot.server.database),
        reason=(
            "{busy} sessions are at work on average, {read_share} of the time in reads, {reports} in long ones: a read"
            " replica would take these from the primary."
        ),
        facts=evidence(load, reports),
        when=When.THIS_MONTH,
        risk=Risk.MEDIUM,
    )
    change = ApplicationChange(
        summary="Send long reads that may be some seconds old to a replica, if the other cures have left any.",
        examples=(CodeExample("SQLAlchemy", _CODE.format(database=snapshot.server.database)),),
    )
    yield replace(item, hazards=(Hazard.CHANGES_APPLICATION,), application=change)


def reports_of(snapshot: Snapshot, report_ms: float = 100) -> float:
    """The share of all time in reads that take so long each."""
    return sum(each.share for each in asked(snapshot) if only_reads(each) and each.counted.mean_ms >= report_ms)


def evidence(load: Load, reports: float) -> tuple[Fact, ...]:
    """What speaks for a replica, or against it."""
    return (
        Fact("busy", load.busy),
        Fact("read_share", load.read_share, Unit.RATIO),
        Fact("reports", reports, Unit.RATIO),
        Fact("counted_for", load.seconds, Unit.SECONDS),
    )
