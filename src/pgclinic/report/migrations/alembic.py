"""Alembic: one revision a step; what cannot be in a transaction runs in an ``autocommit_block``.

Set ``down_revision`` of the first to the head that you have, and ``transaction_per_migration=True`` in the call of
``context.configure`` in ``env.py``, which an autocommit block asks for.
"""

import re
from collections.abc import Iterator, Sequence

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import NO_LIMITS, Part, Step, comment, stamps, steps_of
from pgclinic.report.python_source import literal

_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")
"""What SQLAlchemy's text() takes for the beginning of a parameter."""
_ESCAPED = r"\\:"


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``versions/<revision>_name.py`` a step."""
    steps = steps_of(course)
    version = stamps(course, steps)
    before: str | None = None
    for step in steps:
        revision = version[step.number]
        yield f"versions/{revision}_{step.name}.py", _text(step, revision, before)
        before = revision


def _text(step: Step, revision: str, before: str | None) -> str:
    down = literal(before) if before else "None  # set it to the head that you have"
    lines = [
        f'"""{step.name}."""',
        "",
        comment(step, "# "),
        "",
        "from alembic import op",
        "",
        f"revision = {literal(revision)}",
        f"down_revision = {down}",
        "branch_labels = None",
        "depends_on = None",
        "",
        "",
        "def upgrade() -> None:",
        *_body([step.up] if step.up else []),
        "",
        "",
        "def downgrade() -> None:",
        *_body(step.down),
        "",
    ]
    return "\n".join(lines)


def _body(parts: Sequence[Part]) -> Iterator[str]:
    if not parts:
        yield "    pass"
    for part in parts:
        indent = "    "
        if not part.in_transaction:
            yield "    with op.get_context().autocommit_block():"
            indent = "        "
        after = () if part.in_transaction else NO_LIMITS
        for each in (*part.limits(local=part.in_transaction), *part.texts, *after):
            yield f"{indent}op.execute({literal(_PARAMETER.sub(_ESCAPED, each))})"
