"""Treat and prove in one go: the workload measured, the treatment, the same workload measured again."""

from collections.abc import Generator
from pathlib import Path

import msgspec

from pgclinic.grading.proving import compare
from pgclinic.model.prescription import Course
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Proof
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.treatment import State, Treatment
from pgclinic.model.workload import Load
from pgclinic.verbs.prove import prove
from pgclinic.verbs.replay import replay
from pgclinic.verbs.treat import Manner, treat

CONNECTIONS = 4


class ProvedTreatment(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment, and what two measured runs around it show; None where nothing was measured."""

    treatment: Treatment
    proof: Proof | None = None


def proved_treatment(
    conninfo: str,
    course: Course,
    snapshot: Snapshot,
    *,
    seconds: float = 0,
    manner: Manner | None = None,
    journals: Path | None = None,
) -> Generator[Progress, None, ProvedTreatment]:
    """Treat (writes); with ``seconds``, measure the workload for so long before and after, reading only.

    The workload is that of the snapshot, with values drawn from statistics. Statements that cannot be run are left
    out of both runs. Raises UserError as ``treat`` and ``prove`` do.
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
    return ProvedTreatment(treatment=treatment, proof=compare(before, after))
