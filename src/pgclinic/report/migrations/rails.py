"""Rails: one migration a step, with ``disable_ddl_transaction!`` where one of its statements needs it."""

from collections.abc import Iterator, Sequence

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import NO_LIMITS, Part, Step, comment, stamps, steps_of

_VERSION = "7.1"
"""Of ActiveRecord::Migration: an old one, which newer Rails run as they always did."""


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``db/migrate/<version>_name.rb`` a step."""
    steps = steps_of(course)
    version = stamps(course, steps)
    for step in steps:
        name = f"{step.name}_{step.number}"
        yield f"db/migrate/{version[step.number]}_{name}.rb", _text(step, name)


def _text(step: Step, name: str) -> str:
    title = "".join(word.capitalize() for word in name.split("_"))
    lines = [comment(step, "# "), f"class {title} < ActiveRecord::Migration[{_VERSION}]"]
    if not step.in_transaction:
        lines += ["  disable_ddl_transaction!", ""]
    lines += ["  def up", *_body(step, [step.up] if step.up else []), "  end", ""]
    lines += ["  def down", *_body(step, step.down), "  end", "end", ""]
    return "\n".join(lines)


def _body(step: Step, parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        own = part.in_transaction and not step.in_transaction
        indent = "      " if own else "    "
        if own:
            yield "    transaction do"
        after = () if part.in_transaction else NO_LIMITS
        for each in (*part.limits(local=part.in_transaction), *part.texts, *after):
            yield from _execute(each, indent)
        if own:
            yield "    end"


def _execute(sql: str, indent: str) -> Iterator[str]:
    """A heredoc that takes the text as it is, whatever stands in it."""
    number, mark = 0, "SQL"
    while any(line.strip() == mark for line in sql.splitlines()):
        number += 1
        mark = f"SQL{number}"
    yield f"{indent}execute <<-'{mark}'"
    yield sql
    yield f"{indent}{mark}"
