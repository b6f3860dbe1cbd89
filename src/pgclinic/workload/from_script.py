"""The workload that a folder or file of SQL describes."""

from pgclinic.model.workload import Omission, Workload, WorkloadScript, WorkloadStatement
from pgclinic.sql import statements

_PLANNABLE = frozenset({"select", "insert", "update", "delete", "merge"})


def workload_of(script: WorkloadScript) -> Workload:
    """Each step as a statement whose calls are its task's weight times its repetitions; it matters as its task does."""
    found: dict[str, WorkloadStatement] = {}
    omissions = []
    for task in script.tasks:
        for step in task.steps:
            if statements.kind(step.sql).verb not in _PLANNABLE:
                omissions.append(Omission(step.sql, "it has no plan"))
                continue
            calls = task.weight * step.repeat
            known = found.get(step.fingerprint)
            found[step.fingerprint] = WorkloadStatement(
                fingerprint=step.fingerprint,
                name=known.name if known else step.name,
                sql=known.sql if known else step.sql,
                calls=calls + (known.calls if known else 0),
                importance=task.weight + (known.importance or 0 if known else 0),
            )
    return Workload(statements=tuple(found.values()), source=script.source, omissions=tuple(omissions))
