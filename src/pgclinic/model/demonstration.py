"""What the demo returns: one database before and after its treatment."""

import msgspec

from pgclinic.model.checkup import Checkup
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.ledger import Ledger
from pgclinic.model.prescription import Course
from pgclinic.model.proof import Proof
from pgclinic.model.treatment import Treatment


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of goals: a figure before and after, and what was to be reached.

    ``claimed`` and ``goal`` are words for people, ``claimed`` what the report that started it all said. ``times`` is
    before divided by after where that is the measure. ``is_met`` is None where it could not be measured.
    """

    name: str
    unit: Unit
    before: float | str | None
    after: float | str | None
    claimed: str
    goal: str
    times: float | None = None
    is_met: bool | None = None
    provenance: Provenance = Provenance.MEASURED


class Demonstration(msgspec.Struct, frozen=True, kw_only=True):
    """The whole loop on the demo's own database. ``seconds`` is what it took, ``notes`` what a reader must know.

    ``ledger`` holds what was planned for each statement against what was measured.
    ``conninfo`` leads to the server when it was kept running, and ``postmaster`` is its process; else empty and None.
    """

    scale: str
    seed: int
    seconds: float
    before: Checkup
    course: Course
    treatment: Treatment
    after: Checkup
    proof: Proof
    goals: tuple[Goal, ...]
    ledger: Ledger = Ledger(entries=())
    notes: tuple[str, ...] = ()
    conninfo: str = ""
    postmaster: int | None = None
    contract_version: str = "1"
