"""Lines of a crontab that run a statement."""

import shlex

from pgclinic.model.prescription import CodeExample


def crontab(times: str, psql: str, statement: str) -> CodeExample:
    """The line that gives ``statement`` to ``psql``, a command up to its option for one, at ``times``.

    A bare ``%`` ends the command, within quotes too (crontab(5)).
    """
    return CodeExample("cron", f"{times}  {psql} {shlex.quote(statement)}".replace("%", r"\%"))
