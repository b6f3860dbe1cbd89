"""Django: an app of its own with one migration a step, ``atomic = False`` where one of its statements needs it.

Copy the folder into the project and add ``pgclinic_treatment`` to INSTALLED_APPS; it has no models.
"""

from collections.abc import Iterator, Sequence

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import NO_LIMITS, Part, Step, comment, steps_of
from pgclinic.report.python_source import literal

_APP = "pgclinic_treatment"


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``pgclinic_treatment/migrations/0001_name.py`` a step."""
    yield f"{_APP}/__init__.py", ""
    yield f"{_APP}/migrations/__init__.py", ""
    before = ""
    for step in steps_of(course):
        name = f"{step.number:04}_{step.name}"
        yield f"{_APP}/migrations/{name}.py", _text(step, before)
        before = name


def _text(step: Step, before: str) -> str:
    dependencies = f"[({literal(_APP)}, {literal(before)})]" if before else "[]"
    lines = [
        comment(step, "# "),
        "from django.db import migrations",
        "",
        "",
        "class Migration(migrations.Migration):",
        f"    atomic = {step.in_transaction}",
        f"    dependencies = {dependencies}",
        "    operations = [",
        "        migrations.RunSQL(",
        *_statements("sql", [step.up] if step.up else [], whole=step.in_transaction),
        *_statements("reverse_sql", step.down, whole=step.in_transaction),
        "        ),",
        "    ]",
        "",
    ]
    return "\n".join(lines)


def _statements(name: str, parts: Sequence[Part], *, whole: bool) -> Iterator[str]:
    """A list, of which Django sends each element by itself, with transactions of our own where it begins none."""
    yield f"            {name}=["
    for part in parts:
        own = part.in_transaction and not whole
        after = () if part.in_transaction else NO_LIMITS
        texts = [*part.limits(local=part.in_transaction), *part.texts, *after]
        for each in ["begin", *texts, "commit"] if own else texts:
            yield f"                {literal(each)},"
    yield "            ],"
