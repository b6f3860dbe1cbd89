"""How a prescription's figures are worded, in the terminal and on the page alike."""

from collections.abc import Sequence

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.prescription import FrontierPoint, NextBest, Prescription, StatementGain, WorkloadEffect
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.planning_words import range_words
from pgclinic.report.printable import printable

_ORIGINS = {
    "seen": "values that were seen",
    "statistics": "values drawn from statistics",
    "generated": "generated values",
    "generic": "the generic plan",
}
_NEARLY_NOTHING = 0.00005
_TWICE = 2


def best_words(effect: WorkloadEffect) -> str:
    """How near the choice is to the best possible; empty where no bound was computed."""
    gap = effect.optimality_gap
    if gap is None:
        return ""
    among = f"these {effect.candidates:,} candidates allow (planned)" if effect.candidates else "could be planned"
    if gap < _NEARLY_NOTHING:
        return f"the best that {among}"
    return f"within {figure(gap, Unit.RATIO)} of the best that {among}"


def size_words(prescription: Prescription) -> list[str]:
    """Size and build time, where there are any."""
    found = [figure(prescription.size_bytes, Unit.BYTES)] if prescription.size_bytes else []
    if prescription.build_seconds is not None:
        found.append(f"built in about {figure(prescription.build_seconds, Unit.SECONDS)}")
    return [f"{', '.join(found)} (estimated)"] if found else []


def fact_words(fact: Fact) -> str:
    """A fact with its name, and its provenance unless it was measured."""
    origin = "" if fact.provenance is Provenance.MEASURED else f" ({fact.provenance})"
    return f"{printable(fact.name.replace('_', ' '))} {fact_figure(fact)}{origin}"


def most_changed(gains: Sequence[StatementGain]) -> list[StatementGain]:
    """The gains by what they change of the workload, most first."""
    return sorted(gains, key=lambda gain: (-_weighted(gain), gain.name, gain.fingerprint))


def range_words_of(gain: StatementGain) -> str:
    """The range over the ways in which the statement was planned; empty where there was only one cost."""
    before = range_words(gain.low_before, gain.high_before)
    after = range_words(gain.low_after, gain.high_after)
    if not before and not after:
        return ""
    ends = f"{before or figure(gain.cost_before, Unit.COST)} → {after or figure(gain.cost_after, Unit.COST)}"
    origins = " and ".join(_ORIGINS.get(source, source) for source in gain.parameters)
    return f"{ends} over {origins}" if origins else ends


def next_best_words(next_best: NextBest) -> str:
    """Why it beats what would take its place."""
    more = _more(next_best.cost, next_best.chosen_cost)
    if next_best.sql and not more:
        return f"Next best: {printable(next_best.sql)}, which would serve the workload as well (planned)."
    if not next_best.sql:
        return f"Nothing takes its place: without it the workload would cost {more or 'as much'} (planned)."
    return f"Next best: {printable(next_best.sql)}; with it the workload would cost {more} (planned)."


def share_words(share: float) -> str:
    """A share of the workload's cost with three digits, for comparing neighbours: ``18.4 %``."""
    return f"{share * 100:.3g} %"


def budget_words(point: FrontierPoint) -> str:
    """A point's budget."""
    return "no limit" if point.budget_bytes is None else figure(point.budget_bytes, Unit.BYTES)


def _weighted(gain: StatementGain) -> float:
    share = abs(gain.cost_after - gain.cost_before) / (gain.cost_before or 1.0)
    return share * (gain.weight or gain.cost_before)


def _more(cost: float, chosen: float) -> str:
    """How much more than what was chosen; empty where it is not worth a figure."""
    if cost <= chosen * (1 + _NEARLY_NOTHING) or chosen <= 0:
        return ""
    times = cost / chosen
    return f"{figure(times, Unit.TIMES)} as much" if times >= _TWICE else f"{figure(times - 1, Unit.RATIO)} more"
