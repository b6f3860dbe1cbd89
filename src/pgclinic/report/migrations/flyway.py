"""Flyway: a ``V`` and a ``U`` file a step, each with a configuration of its own (``executeInTransaction``).

Nothing that looks like a placeholder is replaced. Flyway holds a lock in a transaction while it works, for which a
concurrent index build would wait for ever: set ``flyway.postgresql.transactional.lock=false``.
"""

from collections.abc import Iterator, Sequence

from pgclinic.model.prescription import Course
from pgclinic.report.migration_steps import NO_LIMITS, Part, Step, comment, stamps, steps_of


def files(course: Course) -> Iterator[tuple[str, str]]:
    """``V<version>__name.sql``, ``U<version>__name.sql`` and ``.conf`` beside each."""
    steps = steps_of(course)
    version = stamps(course, steps)
    for step in steps:
        for letter, parts in (("V", [step.up] if step.up else []), ("U", step.down)):
            name = f"{letter}{version[step.number]}__{step.name}.sql"
            yield name, _text(step, parts)
            yield f"{name}.conf", _configuration(parts)


def _in_transaction(parts: Sequence[Part]) -> bool:
    return all(part.in_transaction for part in parts)


def _configuration(parts: Sequence[Part]) -> str:
    in_transaction = "true" if _in_transaction(parts) else "false"
    return f"executeInTransaction={in_transaction}\nplaceholderReplacement=false\n"


def _text(step: Step, parts: Sequence[Part]) -> str:
    whole = _in_transaction(parts)
    lines: list[str] = []
    for part in parts:
        lines += [f"{each};" for each in part.limits(local=whole)]
        own = part.in_transaction and not whole
        lines += [*(["begin;"] if own else []), *(f"{each};" for each in part.texts), *(["commit;"] if own else [])]
    if lines and not whole:
        lines += [f"{each};" for each in NO_LIMITS]
    return "\n".join([comment(step), "", *(lines or ["select 1;"]), ""])
