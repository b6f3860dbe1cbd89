"""Two measured runs side by side: what became faster, how surely, and whether the results are still the same."""

from collections.abc import Iterable, Mapping

from pgclinic.grading.verdicts import FALSE_ALARMS, PRACTICAL, Spread, effects, spread
from pgclinic.model.proof import Comparison, Effect, Latencies, Proof, Run
from pgclinic.workload.times import read_times

_Pair = tuple[Latencies, Latencies]
_OVERALL = "overall"


def compare(before: Run, after: Run) -> Proof:
    """Statements and tasks that both runs have, by name, in the order of the names.

    All of their percentiles are tested as one family. Raises ValueError for a histogram that cannot be read.
    """
    pairs: dict[str, _Pair] = {
        **{f"statement {one.name}": (one, other) for one, other in _pairs(before.statements, after.statements)},
        **{f"task {one.name}": (one, other) for one, other in _pairs(before.tasks, after.tasks)},
        _OVERALL: (before.overall, after.overall),
    }
    shown = effects({name: (_spread(one), _spread(other)) for name, (one, other) in pairs.items()})
    return Proof(
        before=before,
        after=after,
        statements=_comparisons(pairs, shown, "statement "),
        tasks=_comparisons(pairs, shown, "task "),
        overall=_comparison(*pairs[_OVERALL], shown[_OVERALL]),
        practical=PRACTICAL,
        false_alarms=FALSE_ALARMS,
    )


def _pairs(before: Iterable[Latencies], after: Iterable[Latencies]) -> Iterable[_Pair]:
    later = {latencies.name: latencies for latencies in after}
    both = sorted((latencies for latencies in before if latencies.name in later), key=lambda latencies: latencies.name)
    return [(latencies, later[latencies.name]) for latencies in both]


def _spread(latencies: Latencies) -> Spread:
    return spread(read_times(latencies.histogram))


def _comparisons(
    pairs: Mapping[str, _Pair], shown: Mapping[str, tuple[Effect, ...]], kind: str
) -> tuple[Comparison, ...]:
    return tuple(_comparison(*pair, shown[name]) for name, pair in pairs.items() if name.startswith(kind))


def _comparison(before: Latencies, after: Latencies, shown: tuple[Effect, ...]) -> Comparison:
    return Comparison(
        name=before.name,
        before=before,
        after=after,
        times_faster=before.p50_ms / after.p50_ms if before.p50_ms is not None and after.p50_ms else None,
        equal_results=_equal_results(before.result_hash, after.result_hash),
        effects=shown,
    )


def _equal_results(before: str, after: str) -> bool | None:
    """Whether the rows were the same wherever both runs asked with the same parameters; None if that never was."""
    earlier, later = _by_parameters(before), _by_parameters(after)
    shared = earlier.keys() & later.keys()
    return all(earlier[key] == later[key] for key in shared) if shared else None


def _by_parameters(result_hash: str) -> dict[str, str]:
    """``parameters:rows`` pairs, as the runner wrote them."""
    return dict(pair.split(":", 1) for pair in result_hash.split() if ":" in pair)
