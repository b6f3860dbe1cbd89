"""What was made to rehearse on, and what the rehearsal showed: measured on synthetic rows, never the user's times."""

import msgspec

from pgclinic.model.evidence import Provenance
from pgclinic.model.ledger import LedgerEntry
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Course
from pgclinic.model.proof import Proof


class MadeTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the mannequin: its rows, and those of its model, the user's table."""

    name: RelationName
    rows: int
    full_rows: float


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A mannequin: a database of synthetic rows drawn from a snapshot's statistics.

    ``scale`` is the share of the rows that was made of the ``asked`` one; ``bytes`` is what it takes, indexes
    included. ``omissions`` could not be made, ``notes`` say what is otherwise than at the source. ``has_values`` is
    False where the snapshot was taken without the user's values, so that all are invented.
    """

    asked: float
    scale: float
    seed: int
    made_with: str
    source_version: str
    tables: tuple[MadeTable, ...]
    bytes: int
    seconds: float
    has_values: bool
    omissions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class RehearsedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One prescription on the mannequin: ``seconds`` it took there, ``full_seconds`` estimated for all of the rows.

    ``state`` is the journal's; ``note`` says why it was not or not wholly rehearsed.
    """

    kind: str
    object: ObjectName
    sql: tuple[str, ...]
    state: str
    seconds: float | None = None
    full_seconds: float | None = None
    note: str = ""


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment tried on a mannequin: an untreated and a treated copy, measured in turns.

    ``gains`` are planned against rehearsed factors. ``conninfo`` leads to the untreated copy and ``treated`` to the
    other, where the server was kept running, and ``postmaster`` is its process; else empty and None.
    """

    made: Made
    course: Course
    items: tuple[RehearsedItem, ...]
    proof: Proof
    gains: tuple[LedgerEntry, ...]
    seconds: float
    provenance: Provenance = Provenance.REHEARSED
    conninfo: str = ""
    treated: str = ""
    postmaster: int | None = None
    contract_version: str = "1"
