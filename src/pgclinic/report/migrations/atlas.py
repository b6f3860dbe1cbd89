"""Atlas: one file a step, with ``-- atlas:txmode none`` where it must not be in a transaction.

Run ``atlas migrate hash`` once after copying the files: it writes ``atlas.sum``. ``atlas migrate down`` plans the way
back by itself; the files below ``down`` are the way back as it was prescribed, for ``psql -f``, last one first.
"""

from collections.abc import Iterator

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import Part, Step, comment, stamps, steps_of
from pgclinic.report.migrations.sql import text


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``<version>_name.sql`` there, ``down/<version>_name.sql`` back."""
    steps = steps_of(course)
    version = stamps(course, steps)
    for step in steps:
        if step.up is not None:
            yield f"{version[step.number]}_{step.name}.sql", _up(step, step.up)
        if step.down:
            yield f"down/{version[step.number]}_{step.name}.sql", text(step, step.down)


def _up(step: Step, part: Part) -> str:
    # A directive for the whole file is the first line, with an empty one after it.
    directive = [] if part.in_transaction else ["-- atlas:txmode none", ""]
    statements = (f"{each};" for each in (*part.limits(local=part.in_transaction), *part.texts))
    return "\n".join([*directive, comment(step), "", *statements, ""])
