"""Which workload a verb is to run, from what was typed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pgclinic.cli.options import TargetOptions
from pgclinic.model.errors import UserError

if TYPE_CHECKING:
    from pgclinic.model.workload import WorkloadScript


def chosen_workload(
    where: TargetOptions, folder: Path | None, logs: Sequence[Path], *, from_statements: bool
) -> "WorkloadScript":
    """The one workload that was asked for. Raises UserError for none, for several, and for one that cannot be run."""
    from pgclinic.cli.files import read_script
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import seen
    from pgclinic.verbs.replay import replay
    from pgclinic.workload.logs import read_logs

    if (folder is not None) + bool(logs) + from_statements != 1:
        raise UserError("Say what to run: one of --workload DIR, --from-log FILE and --from-statements.")
    if folder is not None:
        return read_script(folder)
    return shown(replay(seen(where), seen=read_logs(logs) if logs else None))
