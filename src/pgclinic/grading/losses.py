"""What findings take from their category's score, and what curing each alone gives back.

The findings of one check are parts of one illness: together they never take more than the worst of them would with a
burden of one. With losses a = loss x burden and m the greatest loss among them, 1 - m (1 - prod(1 - a / m)) is left.
Removing a finding never lowers what is left: the product grows, and m (1 - prod(1 - a / m)) does not grow when m
falls, since prod(1 - a u) is convex in u where no factor is negative.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import mul

from pgclinic.model.finding import Finding, Severity

LOSS: Mapping[Severity, float] = {
    Severity.INFO: 0.0,
    Severity.NOTICE: 0.25,
    Severity.WARNING: 0.6,
    Severity.CRITICAL: 0.9,
}
"""Share of its category's score that a finding with a burden of one takes away."""


def loss(finding: Finding) -> float:
    """What one finding takes when it is alone; a burden that is no number between 0 and 1 counts as the nearer end."""
    burden = 0.0 if math.isnan(finding.burden) else min(max(finding.burden, 0.0), 1.0)
    return LOSS[finding.severity] * burden


def left_by(findings: Sequence[Finding]) -> float:
    """What the findings of one check leave of their category's score, from 0.1 to 1."""
    greatest = max((LOSS[finding.severity] for finding in findings), default=0.0)
    return _left(sorted(map(loss, findings)), greatest)


def left_without_each(findings: Sequence[Finding]) -> list[float]:
    """What would be left if each finding alone were cured, in their order; in time linear in their number."""
    greatest = max((LOSS[finding.severity] for finding in findings), default=0.0)
    worst = [number for number, finding in enumerate(findings) if LOSS[finding.severity] == greatest]
    if not greatest:
        return [1.0] * len(findings)
    kept = [1 - loss(finding) / greatest for finding in findings]
    before = [1.0, *accumulate(kept, mul)]
    after = [1.0, *accumulate(reversed(kept), mul)][::-1]
    left = [1 - greatest * (1 - before[number] * after[number + 1]) for number in range(len(findings))]
    if len(worst) == 1:  # without it, another severity is the worst
        only = worst[0]
        left[only] = left_by([*findings[:only], *findings[only + 1 :]])
    return left


def _left(losses: Sequence[float], greatest: float) -> float:
    return 1 - greatest * (1 - math.prod(1 - each / greatest for each in losses)) if greatest else 1.0
