"""What a proof says, in one or two sentences that a manager understands and an engineer accepts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from pgclinic.model.proof import Comparison, Proof, Verdict
from pgclinic.report.wording import plural

_FEW_NAMES = 3


def conclusion(proof: Proof) -> str:
    """What became of the statements' medians, of their tails and of their results."""
    return " ".join(_sentences(proof))


def method(proof: Proof) -> str:
    """How sure that is."""
    alarms, practical = 100 * proof.false_alarms, 100 * (proof.practical - 1)
    return (
        f"A verdict allows for chance: {alarms:g} % of such proofs would see any difference where there is none "
        f"(bootstrap, Holm's correction), and differences below {practical:.3g} % count as none."
    )


def _sentences(proof: Proof) -> Iterator[str]:
    statements = proof.statements
    counted = Counter(comparison.verdict for comparison in statements)
    shown = [
        f"{plural(counted[verdict], 'statement')} {words}"
        for verdict, words in (
            (Verdict.FASTER, "became faster"),
            (Verdict.SLOWER, "became slower"),
            (Verdict.NO_DIFFERENCE, f"{'shows' if counted[Verdict.NO_DIFFERENCE] == 1 else 'show'} no difference"),
            (Verdict.TOO_FEW, "ran too seldom to tell"),
        )
        if counted[verdict]
    ]
    yield f"{', '.join(shown) or 'No statement was measured in both runs'}."
    tails = [comparison for comparison in statements if comparison.worse_tails and comparison.verdict != Verdict.SLOWER]
    if tails:
        yield f"The slowest calls became slower still of {_names(tails)}."
    different = [comparison for comparison in statements if comparison.equal_results is False]
    if different:
        yield f"The rows differ of {_names(different)}."
    elif equal := sum(comparison.equal_results is True for comparison in statements):
        yield f"The rows are the same wherever they could be compared ({plural(equal, 'statement')})."


def _names(comparisons: Sequence[Comparison]) -> str:
    names = ", ".join(comparison.name for comparison in comparisons[:_FEW_NAMES])
    more = len(comparisons) - _FEW_NAMES
    return f"{names} and {more} more" if more > 0 else names


def interval(comparison: Comparison) -> str:
    """The median's 95 % interval, as in ``1,050 - 1,230``; empty without one."""
    if not comparison.effects:
        return ""
    effect = comparison.effects[0]
    return f"{_factor(effect.low)} – {_factor(effect.high)}"  # noqa: RUF001 - an en dash between two numbers


def _factor(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 100 else f"{factor:.3g}"  # noqa: PLR2004 - three digits


def pages(comparison: Comparison) -> tuple[float | None, float | None]:
    """Shared buffers that one execution touched, before and after."""
    before, after = (
        None if each.blocks_hit is None else each.blocks_hit + (each.blocks_read or 0)
        for each in (comparison.before, comparison.after)
    )
    return before, after
