"""A counted workload as a script that can be run: each statement a task, as often as it was called."""

from collections.abc import Iterator

from pgclinic.model.workload import Omission, Step, Task, Workload, WorkloadScript, WorkloadStatement
from pgclinic.sql import statements
from pgclinic.sql.administration import administers
from pgclinic.sql.confidential import publishable
from pgclinic.sql.filled import filled

MOST_STATEMENTS = 200
_LEAST_WEIGHT = 0.02
"""Of the most called one's: so that a rare statement is measured at all."""

_LONGEST_NAME = 60


def script_of(workload: Workload) -> tuple[WorkloadScript, tuple[Omission, ...]]:
    """The heaviest statements that can be sent with values, and those that cannot, with the reason."""
    tasks: list[Task] = []
    omissions = list(workload.omissions)
    most_called = max((statement.calls for statement in workload.statements), default=1.0)
    for statement in workload.statements:
        if len(tasks) == MOST_STATEMENTS:
            omissions.append(
                Omission(statement.sql, f"the {MOST_STATEMENTS} heaviest are run", statement.total_ms or 0)
            )
            continue
        try:
            variants = tuple(dict.fromkeys(_variants(statement)))
            kind = statements.kind(statement.sql)
            reason = "" if variants else "no values are known for its parameters"
            if administers(statement.sql):
                reason = "it calls functions that act on the server"
        except statements.UnreadableSqlError as error:
            omissions.append(Omission(statement.sql, str(error), statement.total_ms or 0))
            continue
        if reason:
            omissions.append(Omission(statement.sql, reason, statement.total_ms or 0))
            continue
        step = Step(
            name=_name(statement),
            sql=statement.sql,
            fingerprint=statement.fingerprint,
            variants=variants,
            writes=kind.writes,
        )
        tasks.append(Task(name=step.name, steps=(step,), weight=max(_LEAST_WEIGHT, statement.calls / most_called)))
    return WorkloadScript(source=workload.source, tasks=tuple(tasks)), tuple(omissions)


def _variants(statement: WorkloadStatement) -> Iterator[str]:
    for parameters in statement.parameters or (None,):
        text = filled(statement.sql, parameters)
        if text is not None:
            yield text


def _name(statement: WorkloadStatement) -> str:
    """The beginning of its text, without any value, and of its fingerprint."""
    words = " ".join((publishable(statement.sql) or "a statement").split())
    if len(words) > _LONGEST_NAME:
        words = f"{words[: _LONGEST_NAME - 1]}…"
    role = f" as {statement.role}" if statement.role else ""
    return f"{words} [{statement.fingerprint[:6]}{role}]"
