"""How a watched database is at a moment: its key figures by the last look, its grades, its alerts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from pgclinic.model.alerting import AlertHistory
from pgclinic.model.checkup import Kpi
from pgclinic.model.history import KeptGrade
from pgclinic.web.here import Here
from pgclinic.web.past import bounds

if TYPE_CHECKING:
    from pgclinic.watch.history import History

_OBSERVED = {"p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms"}
"""Key figures that observations call by another name."""
_GRADES = "30d"
ALERT_SPAN = "7d"
"""How far back alerts are told where nothing else was asked for."""


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
    return past.history.grades(past.target, *bounds(_GRADES, here.at)) if past else ()


def alerts_of(here: Here) -> AlertHistory:
    """What stands on this database, or stood at the moment asked for, and what was over in the span before."""
    past = here.database.past
    return _alerts(past.history, [past.target], here) if past else AlertHistory()


def alerts_everywhere(here: Here) -> AlertHistory:
    """The same of all databases that are watched."""
    watched = [each.past for each in here.site.databases.values() if each.past]
    if not watched:
        return AlertHistory()
    return _alerts(watched[0].history, [past.target for past in watched], here)  # a site has one store


def _alerts(history: "History", targets: Sequence[str], here: Here) -> AlertHistory:
    from pgclinic.watch.alerts.episodes import alerts_at  # noqa: PLC0415 - a snapshot is served without what that needs

    since, until = bounds(here.span or ALERT_SPAN, here.at)
    return alerts_at(history.engine, targets, since, until if here.at else None)
