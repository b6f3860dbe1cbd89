"""Examine a snapshot: every check, the key figures, the grade."""

from collections.abc import Collection, Generator, Iterable

import msgspec

from pgclinic import checks
from pgclinic.grading.certainty import certainty
from pgclinic.grading.grade import grade, points
from pgclinic.grading.known import gone, known
from pgclinic.grading.kpis import kpis
from pgclinic.grading.overview import overview
from pgclinic.model.baseline import Baseline
from pgclinic.model.checkup import Checkup, SetAside, SetThreshold
from pgclinic.model.configuration import NOTHING_SET, Configuration
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import BlindSpot, Finding
from pgclinic.model.platform import without_platform
from pgclinic.model.prescription import Course
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.verbs.selecting import Selection, selected
from pgclinic.verbs.thresholds import thresholds

_NOTHING_KNOWN = Baseline()


def checkup(
    snapshot: Snapshot,
    *,
    only: Collection[str] = (),
    ignore: Collection[str] = (),
    configuration: Configuration = NOTHING_SET,
    baseline: Baseline = _NOTHING_KNOWN,
    course: Course | None = None,
) -> Generator[Progress, None, Checkup]:
    """Examine a snapshot with all checks, or ``only`` some, without listing what is in ``ignore`` or ``baseline``.

    ``only`` and ``ignore`` take names of checks, families, and fingerprints of findings; of ``configuration`` the
    thresholds are taken. A check that lacks what it needs is never taken for healthy: it becomes a blind spot and
    lowers the confidence of the grade. Nor does ignoring make healthy: what is not listed still counts in the grade.
    With a ``course`` of the index adviser those checks judge, too, that only a planner can answer; without one they
    are left out. Raises UserError for a name that is none.
    """
    selection = selected(only, ignore)
    snapshot = without_platform(snapshot)
    found: list[Finding] = []
    blind_spots = list(snapshot.blind_spots)
    examined: list[str] = []
    wanted = [name for name in selection.examined if course is not None or not checks.load(name).is_planned]
    for done, name in enumerate(wanted):
        yield Progress("examining", done, len(wanted))
        check = checks.load(name)
        need = check.unmet(snapshot)
        if need is None:
            examined.append(name)
            asked = (snapshot, course) if check.is_planned else (snapshot,)
            found += check.examine(*asked, **configuration.of(name))
        else:
            blind_spots.append(_not_examined(name, need, snapshot))
    yield Progress("examining", len(wanted), len(wanted))
    found = _weighed_once(found)
    found.sort(key=_worst_first)
    aside = tuple(_set_aside(found, selection, baseline))
    unlisted = {each.finding.fingerprint for each in aside}
    listed = tuple(finding for finding in found if finding.fingerprint not in unlisted)
    # What only a planner knows was not hidden, and is judged without one by what it costs.
    not_planned = set(selection.examined) - set(wanted)
    not_examined, sure = set(checks.names()) - set(examined) - not_planned, certainty(snapshot)
    return Checkup(
        header=snapshot.header,
        server=snapshot.server,
        grade=grade(found, not_examined=not_examined, certainty=sure),
        kpis=kpis(snapshot),
        findings=listed,
        blind_spots=tuple(blind_spots),
        points=points(found, not_examined=not_examined),
        overview=overview(snapshot),
        examined=tuple(examined),
        left_out=tuple(name for name in checks.names() if name not in selection.examined),
        set_aside=aside,
        listed_grade=grade(listed, not_examined=not_examined, certainty=sure) if aside else None,
        gone=gone(baseline, found, examined),
        thresholds=tuple(_set_thresholds(selection.examined, configuration)),
    )


def _weighed_once(found: Iterable[Finding]) -> list[Finding]:
    """A finding that says why has no weight beside one that says the same of the same time."""
    found = list(found)
    present = {finding.fingerprint for finding in found}
    return [
        msgspec.structs.replace(finding, burden=0.0) if present & set(finding.explains) else finding
        for finding in found
    ]


def _set_aside(found: Iterable[Finding], selection: Selection, baseline: Baseline) -> Iterable[SetAside]:
    """What is known is said to be known, whether it is ignored as well or not."""
    for finding in found:
        entry = known(finding, baseline)
        if entry is not None:
            yield SetAside(finding=finding, is_known=True, comment=entry.comment)
        elif not selection.lists(finding):
            yield SetAside(finding=finding, is_known=False)


def _set_thresholds(examined: Iterable[str], configuration: Configuration) -> Iterable[SetThreshold]:
    for name in examined:
        if values := configuration.of(name):
            for each in thresholds(checks.load(name), values):
                if each.is_changed and each.value is not None:
                    yield SetThreshold(check=name, name=each.name, value=each.value, default=each.default)


def _not_examined(check: str, need: str, snapshot: Snapshot) -> BlindSpot:
    return BlindSpot(
        subject=check,
        reason="{check} could not judge: no statement has been counted yet."
        if need == "statements" and snapshot.sees(need)
        else "{check} could not judge: {need} could not be seen.",
        facts=(Fact("check", check, Unit.TEXT), Fact("need", need.replace("_", " "), Unit.PHRASE)),
    )


def _worst_first(finding: Finding) -> tuple[int, float, str, str]:
    return (-finding.severity, -finding.burden, finding.check, str(finding.object))
