"""The files that run a plan's parts: one kind a file, each a function from the plan to paths and texts.

No secret is in any of them: where one is wanted stands a word in capitals, or the name of a variable or secret.
"""

import re
from collections.abc import Callable

from pgclinic.model.errors import UserError
from pgclinic.model.stack import StackPlan
from pgclinic.report.stack_files import compose, kubernetes, pgbouncer, postgres, redis, systemd

_KINDS: tuple[Callable[[StackPlan], dict[str, str]], ...] = (
    pgbouncer.files,
    postgres.files,
    redis.files,
    compose.files,
    systemd.files,
    kubernetes.files,
)
_ORDINARY = re.compile(r"[\w.$ -]{1,63}")


def files(plan: StackPlan) -> dict[str, str]:
    """Every file by its path below the folder. Raises UserError for a database that these files cannot name."""
    if not _ORDINARY.fullmatch(plan.database):
        raise UserError(
            "The database's name has signs that configuration files cannot hold; write them for one whose name has"
            " letters, digits, blanks, dots, dashes and underscores only."
        )
    return {path: text for kind in _KINDS for path, text in kind(plan).items()}
