"""How a watched database is at a moment: its key figures by the last look, its grades, its alerts."""

import msgspec

from pgclinic.model.checkup import Kpi
from pgclinic.model.finding import Severity
from pgclinic.model.history import KeptGrade
from pgclinic.web.here import Here

_OBSERVED = {"p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms"}
"""Key figures that observations call by another name."""
_GRADES = "30d"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What stands: ``words`` is a sentence, ``since`` when it began, ISO 8601."""

    rule: str
    object: str
    since: str
    value: float
    severity: Severity


def kpis_of(here: Here) -> tuple[Kpi, ...]:
    """The key figures of the checkup, with the values of the last look where it had any: nobody calls at night."""
    kpis, past = here.visit.checkup.kpis, here.database.past
    look = past.history.last_sample(past.target, here.at or None) if past else None
    if look is None:
        return kpis
    seen = {each.name: each for each in look.observations if each.object is None}
    return tuple(
        msgspec.structs.replace(each, value=found.value, provenance=found.provenance)
        if (found := seen.get(_OBSERVED.get(each.name, each.name))) and found.value is not None
        else each
        for each in kpis
    )


def grades_of(here: Here) -> tuple[KeptGrade, ...]:
    """The grades of the last month, oldest first; none for a database that is not watched."""
    past = here.database.past
    return past.history.grades(past.target, *past.bounds(_GRADES, here.at)) if past else ()


def alerts_of(here: Here) -> tuple[Alert, ...]:
    """What stands now, the worst first; of the past nothing is told."""
    past = here.database.past
    if past is None or here.at:
        return ()
    from pgclinic.watch.alerts.engine import Phase  # noqa: PLC0415 - a snapshot is served without what watching needs
    from pgclinic.watch.alerts.ledger import Ledger  # noqa: PLC0415

    standings = Ledger(past.history.engine).standings(past.target).values()
    severities = here.site.severities
    found = [
        Alert(
            rule=each.rule,
            object=each.object,
            since=each.since,
            value=each.value,
            severity=severities.get(each.rule, Severity.WARNING),
        )
        for each in standings
        if each.phase is Phase.FIRING
    ]
    return tuple(sorted(found, key=lambda alert: (-alert.severity, alert.since, alert.rule, alert.object)))
