"""Supabase: one file a step in ``supabase/migrations``; a statement that cannot be in a transaction is alone in its.

The CLI sends a file's statements in one go, which PostgreSQL takes for a transaction, so nothing may stand beside such
a statement, not even its lock timeout: give that with the connection (``?options=-c%20lock_timeout%3D10min``). The CLI
has no way back of its own: the files below ``down`` are for ``psql -f``, from the last to the first.
"""

from collections.abc import Iterator

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import Part, Step, comment, stamps, steps_of
from pgclinic.report.migrations.sql import text


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``migrations/<version>_name.sql`` there, ``down/<version>_name.sql`` back."""
    steps = steps_of(course)
    version = stamps(course, steps)
    for step in steps:
        if step.up is not None:
            yield f"migrations/{version[step.number]}_{step.name}.sql", _up(step, step.up)
        if step.down:
            yield f"down/{version[step.number]}_{step.name}.sql", text(step, step.down)


def _up(step: Step, part: Part) -> str:
    limits = part.limits(local=True) if part.in_transaction else ()
    return "\n".join([comment(step), "", *(f"{each};" for each in (*limits, *part.texts)), ""])
