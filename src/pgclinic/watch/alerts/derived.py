"""Figures that only rules look at, made of what a sample holds anyway: history keeps them in another form. Pure."""

from collections.abc import Iterator

from pgclinic.model.evidence import Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import Observation, Sample
from pgclinic.watch.observing import MEANINGS

UP = "up"
DERIVED = {
    UP: (Unit.COUNT, "1 where the server answered, else 0"),
    "statement_mean_ms": (Unit.MILLISECONDS, "mean time of a statement's calls during the sample; needs 5 calls"),
    "table_dead_rows": (Unit.RATIO, "dead rows of all rows of a table; needs 10,000 rows"),
}
"""Unit and meaning by name, as ``observing.MEANINGS``."""

_FEWEST_CALLS = 5
_LARGE_ROWS = 10_000
_MOST_STATEMENTS = 200
"""Those that took the most time during the sample."""
UNREACHABLE = "unreachable"


def unit_of(name: str) -> Unit | None:
    """The unit of an observation; None where there is none of this name."""
    meaning = DERIVED.get(name) or MEANINGS.get(name)
    return meaning[0] if meaning else None


def known() -> tuple[str, ...]:
    """The names of all observations that a rule may look at."""
    return tuple(sorted({*MEANINGS, *DERIVED}))


def is_aside(sample: Sample) -> bool:
    """Whether it is no look, but what a visit of the night says: the grade, which holds until the next one."""
    return sample.seconds is None and not sample.gap


def observed(sample: Sample) -> Iterator[Observation]:
    """The sample's observations, and the derived ones."""
    yield from sample.observations
    yield Observation(name=UP, value=float(sample.gap != UNREACHABLE), unit=Unit.COUNT)
    heaviest = sorted(sample.statements, key=lambda each: (-each.total_ms, each.queryid, each.role))
    for statement in heaviest[:_MOST_STATEMENTS]:
        if statement.calls >= _FEWEST_CALLS:
            about = ObjectName("statement", statement.queryid, parent=statement.role)
            yield _derived("statement_mean_ms", statement.mean_ms, about)
    for table in sample.tables:
        rows = table.live_rows + table.dead_rows
        if rows >= _LARGE_ROWS:
            yield _derived("table_dead_rows", table.dead_rows / rows, table.object)


def _derived(name: str, value: float, about: ObjectName) -> Observation:
    return Observation(name=name, value=value, unit=DERIVED[name][0], object=about)
