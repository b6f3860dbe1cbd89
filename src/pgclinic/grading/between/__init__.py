"""Two visits of one database, compared. Pure: what the difference means is decided here, and printed elsewhere.

A side is a checkup, with the snapshot that it was made from where there is one.
"""

from pgclinic.grading.between.counting import activity, counted_on, remarks
from pgclinic.grading.between.figures import figure_changes
from pgclinic.grading.between.findings import finding_changes
from pgclinic.grading.between.growth import size_changes
from pgclinic.grading.between.schema import schema_changes
from pgclinic.grading.between.settings import setting_changes
from pgclinic.grading.between.statements import statement_changes
from pgclinic.grading.grade import LETTERS
from pgclinic.model.checkup import Checkup
from pgclinic.model.clock import seconds_between
from pgclinic.model.difference import Difference, FindingChange, Trend, Visit
from pgclinic.model.finding import Severity
from pgclinic.model.snapshot import Snapshot

_MINUS = "\N{MINUS SIGN}"


def difference(
    before: Checkup, after: Checkup, earlier: Snapshot | None = None, later: Snapshot | None = None
) -> Difference:
    """What lies between two visits; ``earlier`` and ``later`` are the snapshots behind them, where there are any.

    It is worse when the letter of the grade is lower, when a finding at warning or above is new, or when one has
    risen to warning or above.
    """
    changes, unchanged = finding_changes(before, after)
    whole = Difference(
        before=_visit(before, earlier),
        after=_visit(after, later),
        seconds=seconds_between(before.header.clock, after.header.clock),
        remarks=remarks(before, after, earlier, later),
        findings=changes,
        unchanged=unchanged,
        figures=figure_changes(before, after),
        is_worse=_rank(after) < _rank(before) or any(map(_is_alarming, changes)),
    )
    if earlier is None or later is None:
        return whole
    windows = counted_on(earlier, later)
    return Difference(
        before=whole.before,
        after=whole.after,
        seconds=whole.seconds,
        remarks=whole.remarks,
        findings=whole.findings,
        unchanged=whole.unchanged,
        figures=whole.figures,
        is_worse=whole.is_worse,
        activity=activity(earlier, later, windows),
        statements=statement_changes(earlier, later, windows),
        sizes=size_changes(earlier, later),
        settings=setting_changes(earlier, later),
        schema=schema_changes(earlier, later),
    )


def _visit(checkup: Checkup, snapshot: Snapshot | None) -> Visit:
    return Visit(
        database=checkup.server.database,
        server_version=checkup.server.version,
        clock=checkup.header.clock,
        grade=checkup.grade,
        is_snapshot=snapshot is not None,
    )


def _rank(checkup: Checkup) -> int:
    return LETTERS.index(checkup.grade.letter.replace(_MINUS, "-"))


def _is_alarming(change: FindingChange) -> bool:
    if change.after is None or change.after < Severity.WARNING:
        return False
    return change.trend is Trend.NEW or (change.before is not None and change.after > change.before)
