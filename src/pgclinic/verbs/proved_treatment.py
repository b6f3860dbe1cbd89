"""Treat and prove in one go: the workload measured, the treatment, the same workload measured again."""

from collections.abc import Generator
from pathlib import Path

import msgspec

from pgclinic.grading.proving import compare
from pgclinic.model.errors import UserError
from pgclinic.model.ledger import Ledger
from pgclinic.model.prescription import Course
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Proof
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.treatment import State, Treatment
from pgclinic.model.workload import Load
from pgclinic.verbs.ledger import book
from pgclinic.verbs.prove import prove
from pgclinic.verbs.replay import replay
from pgclinic.verbs.treat import Manner, treat

CONNECTIONS = 4


class ProvedTreatment(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment, and what two measured runs around it show; None where nothing was measured.

    ``booked`` is what was planned against what was measured, as the ledger has it now.
    """

    treatment: Treatment
    proof: Proof | None = None
    booked: Ledger | None = None


def proved_treatment(
    conninfo: str,
    course: Course,
    snapshot: Snapshot,
    *,
    seconds: float = 0,
    manner: Manner | None = None,
    journals: Path | None = None,
    ledger: Path | None = None,
) -> Generator[Progress, None, ProvedTreatment]:
    """Treat (writes); with ``seconds``, measure the workload for so long before and after, reading only.

    The workload is that of the snapshot, with values drawn from statistics. Statements that cannot be run are left
    out of both runs. What was planned against what was measured is booked into the ``ledger``; one that cannot be
    written is said, and spoils nothing. Raises UserError as ``treat`` and ``prove`` do.
    """
    if not seconds:
        return ProvedTreatment(treatment=(yield from treat(conninfo, course, manner=manner, journals=journals)))
    script = yield from replay(snapshot)
    load = Load(seconds=seconds, connections=CONNECTIONS, leave_out_failing=True)
    before = yield from prove(conninfo, script, load)
    treatment = yield from treat(conninfo, course, manner=manner, journals=journals)
    done = {entry.prescription.fingerprint for entry in treatment.entries if entry.state is State.DONE}
    mappings = [each for item in course.prescriptions if item.fingerprint in done for each in item.mappings]
    after = yield from prove(conninfo, script, load, mappings=mappings)
    proof = compare(before, after)
    booked = None if ledger is None else (yield from _booked(conninfo, proof, ledger))
    return ProvedTreatment(treatment=treatment, proof=proof, booked=booked)


def _booked(conninfo: str, proof: Proof, ledger: Path) -> Generator[Progress, None, Ledger | None]:
    try:
        return (yield from book(conninfo, proof, ledger))
    except UserError as error:
        yield Progress("booking planned against measured", note=str(error))
        return None
