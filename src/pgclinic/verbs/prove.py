"""Measure a workload on a server; with an earlier run at hand, say what became of it."""

from collections.abc import Generator, Sequence

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import StatementMapping
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Run
from pgclinic.model.workload import WorkloadScript
from pgclinic.postgres.measure import measure, measure_both
from pgclinic.workload.times import read_times

_CONTRACT = "1"


def prove(
    conninfo: str,
    script: WorkloadScript,
    *,
    seconds: float | None = None,
    repeat: int | None = None,
    connections: int = 8,
    seed: int = 1,
    rate: float | None = None,
    include_writes: bool = False,
    mappings: Sequence[StatementMapping] = (),
    leave_out_failing: bool = False,
) -> Generator[Progress, None, Run]:
    """One measured run of the workload, with the statements that ``mappings`` replace run in their new form.

    Bounded by ``seconds``, by ``repeat`` runs of each task of weight 1, or by whichever is reached first; 30 seconds
    when neither is given. With ``rate`` tasks a second are begun at fixed moments (open loop). Writes only with
    ``include_writes``, and then rolls back. ``leave_out_failing`` says what fails and goes on without it.
    """
    if seconds is None and repeat is None:
        seconds = 30
    return measure(
        conninfo,
        script,
        seconds=seconds,
        repeat=repeat,
        connections=connections,
        seed=seed,
        rate=rate,
        include_writes=include_writes,
        mappings=mappings,
        leave_out_failing=leave_out_failing,
    )


def prove_both(
    first: str,
    second: str,
    script: WorkloadScript,
    *,
    seconds: float | None = None,
    repeat: int | None = None,
    connections: int = 8,
    seed: int = 1,
    rate: float | None = None,
    include_writes: bool = False,
    mappings: Sequence[StatementMapping] = (),
    leave_out_failing: bool = False,
) -> Generator[Progress, None, tuple[Run, Run]]:
    """The workload on two databases in alternating slices, so that noise of the machine hits both alike.

    ``seconds`` and ``repeat`` are for each of them; ``mappings`` are applied to the second only. All else is as in
    ``prove``.
    """
    if seconds is None and repeat is None:
        seconds = 30
    return measure_both(
        first,
        second,
        script,
        seconds=seconds,
        repeat=repeat,
        connections=connections,
        seed=seed,
        rate=rate,
        include_writes=include_writes,
        mappings=mappings,
        leave_out_failing=leave_out_failing,
    )


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
