"""Key figures of two visits."""

from pgclinic.model.checkup import Checkup, Kpi
from pgclinic.model.difference import FigureChange, Trend
from pgclinic.model.evidence import Unit

_NOTABLE = 0.10
"""Of the larger value: less is the weather. Latencies are estimated anyway."""

_NOTABLE_POINTS = 0.01
"""The same for a share of the whole."""


def figure_changes(before: Checkup, after: Checkup) -> tuple[FigureChange, ...]:
    """Each figure that the later visit has, in its order."""
    old = {kpi.name: kpi for kpi in before.kpis}
    return tuple(
        FigureChange(
            name=kpi.name,
            unit=kpi.unit,
            before=old[kpi.name].value if kpi.name in old else None,
            after=kpi.value,
            trend=_trend(old.get(kpi.name), kpi),
        )
        for kpi in after.kpis
    )


def _trend(old: Kpi | None, new: Kpi) -> Trend:
    """By the direction that is good; crossing the target always tells."""
    if old is None or old.value is None or new.value is None or old.value == new.value:
        return Trend.SAME
    rose = new.value > old.value
    trend = Trend.BETTER if rose is new.higher_is_better else Trend.WORSE
    least = _NOTABLE_POINTS if new.unit is Unit.RATIO else _NOTABLE * max(old.value, new.value)
    is_notable = abs(new.value - old.value) >= least
    return trend if is_notable or old.is_met != new.is_met else Trend.SAME
