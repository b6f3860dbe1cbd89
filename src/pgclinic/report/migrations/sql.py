"""Plain SQL for psql: two numbered files a step, there and back.

What can be in a transaction is between BEGIN and COMMIT; the other files must not be run with ``-1``. Run one after
the other with ``psql -X -v ON_ERROR_STOP=1 -f``, the ``down`` files from the last to the first.
"""

from collections.abc import Iterator, Sequence

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import Part, Step, comment, steps_of


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``001_name.up.sql`` and ``001_name.down.sql`` a step."""
    for step in steps_of(course):
        stem = f"{step.number:03}_{step.name}"
        yield f"{stem}.up.sql", text(step, [step.up] if step.up else [])
        yield f"{stem}.down.sql", text(step, step.down)


def text(step: Step, parts: Sequence[Part]) -> str:
    """One file: the comment, then each part with how long it may wait."""
    body = [line for part in parts for line in _part(part)] or ["-- nothing to run"]
    return "\n".join([comment(step), "", *body, ""])


def _part(part: Part) -> Iterator[str]:
    yield from (f"{each};" for each in part.limits(local=False))
    if part.in_transaction:
        yield "begin;"
    yield from (f"{each};" for each in part.texts)
    if part.in_transaction:
        yield "commit;"
