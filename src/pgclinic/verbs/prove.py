"""Measure a workload on a server; with an earlier run at hand, say what became of it."""

from collections.abc import Generator, Sequence

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import StatementMapping
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Run
from pgclinic.model.workload import Load, WorkloadScript
from pgclinic.postgres.measure import measure, measure_both
from pgclinic.workload.times import read_times

_CONTRACT = "1"
_SECONDS = 30.0


def prove(
    conninfo: str, script: WorkloadScript, load: Load, *, mappings: Sequence[StatementMapping] = ()
) -> Generator[Progress, None, Run]:
    """One measured run of the workload, with the statements that ``mappings`` replace run in their new form.

    Thirty seconds when the load has no bound. Raises UserError as ``measure`` does.
    """
    return measure(conninfo, script, _bounded(load), mappings=mappings)


def prove_both(
    first: str, second: str, script: WorkloadScript, load: Load, *, mappings: Sequence[StatementMapping] = ()
) -> Generator[Progress, None, tuple[Run, Run]]:
    """The workload on two databases in alternating slices, so that noise of the machine hits both alike.

    The load is for each of them; ``mappings`` are applied to the second only. All else is as in ``prove``.
    """
    return measure_both(first, second, script, _bounded(load), mappings=mappings)


def _bounded(load: Load) -> Load:
    if load.seconds is None and load.repeat is None:
        return msgspec.structs.replace(load, seconds=_SECONDS)
    return load


def encode_run(run: Run) -> bytes:
    """A run as one JSON document."""
    return msgspec.json.format(msgspec.json.encode(run)) + b"\n"


def decode_run(document: bytes, *, name: str = "the file") -> Run:
    """The run that ``encode_run`` wrote. Raises UserError for anything else."""
    try:
        run = msgspec.json.decode(document, type=Run)
        for latencies in (*run.statements, *run.tasks, run.overall):
            read_times(latencies.histogram)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise UserError(f"{name} is not a measured run of pgclinic prove --save: {error}.") from error
    if run.contract_version != _CONTRACT:
        raise UserError(f"{name} was written by another version of pgclinic (contract {run.contract_version}).")
    return run
