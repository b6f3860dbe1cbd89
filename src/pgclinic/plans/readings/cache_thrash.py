"""A Memoize forgets what it is asked again.

What it sees:
    Memoize nodes that evicted at least `min_evictions` entries and were asked at least as often in vain as with
    success, and took at least `notable_share` of the time with what stands below.

Why it matters:
    It pays for keeping rows and for fetching them anew.

What to do:
    Raise work_mem (a Memoize may take hash_mem_multiplier times of it) for this query, so that the rows fit. Where
    there are more different keys than PostgreSQL expected, analyse the table of the outer side.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(plan: PlanView, *, min_evictions: int = 1_000, notable_share: float = 0.2) -> Iterator[Reading]:
    """Memoize nodes in vain, in the order of the plan."""
    for step, run in plan.run("Memoize"):
        share = plan.whole_share(step)
        if run.cache_evictions < min_evictions or run.cache_hits > run.cache_misses:
            continue
        if not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="cache_thrash",
            severity=Severity.NOTICE,
            step=step.number,
            summary="It remembered {hits} of {asked} look-ups and had to forget {forgotten}.",
            advice="Raise work_mem for this query, so that what it remembers fits.",
            facts=(
                Fact("hits", run.cache_hits),
                Fact("asked", run.cache_hits + run.cache_misses),
                Fact("forgotten", run.cache_evictions),
                Fact("memory", run.memory_kb * 1024, Unit.BYTES),
            ),
            share=share,
        )
