"""dbmate: one file a step with ``migrate:up`` and ``migrate:down``, each with ``transaction:false`` where it must be.

dbmate sends a block in one go, which PostgreSQL takes for a transaction, so a statement that cannot be in one is alone
in its block, without its lock timeout: give that with the URL (``?options=-c%20lock_timeout%3D10min``).
"""

from collections.abc import Iterator

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import Part, Step, comment, stamps, steps_of


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``<version>_name.sql`` a step."""
    steps = steps_of(course, one_down=True)
    version = stamps(course, steps)
    for step in steps:
        yield f"{version[step.number]}_{step.name}.sql", _text(step)


def _text(step: Step) -> str:
    down = step.down[0] if step.down else None
    return "\n".join([comment(step), "", *_block("up", step.up), "", *_block("down", down), ""])


def _block(side: str, part: Part | None) -> Iterator[str]:
    if part is None:
        yield f"-- migrate:{side}"
        yield "-- nothing to run"
        return
    yield f"-- migrate:{side}" if part.in_transaction else f"-- migrate:{side} transaction:false"
    limits = part.limits(local=True) if part.in_transaction else ()
    yield from (f"{each};" for each in (*limits, *part.texts))
