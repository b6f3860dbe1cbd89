"""An illness seen on an object."""

import hashlib
from enum import IntEnum

import msgspec

from pgclinic.model.evidence import Fact
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Remedy


class Severity(IntEnum):
    """How much it matters; the order is meant to be compared."""

    INFO = 0
    """Worth knowing, nothing to do."""
    NOTICE = 1
    """Costs something, no hurry."""
    WARNING = 2
    """Costs something that users feel, or soon will."""
    CRITICAL = 3
    """The database is in danger; caps the grade."""


class Finding(msgspec.Struct, frozen=True):
    """What a check saw. ``summary`` is one English sentence with ``{fact}`` places, filled from ``facts``.

    ``check`` is the stem of the check's file. ``advice`` says in one sentence what to do, with the same places.
    ``burden`` says how much of what this check watches is ill, from 0 to 1 (share of time, of bytes, of rows);
    the grade weighs it. ``remedy`` is there where plain SQL cures it without a choice that only its owner can make.
    ``explains`` are fingerprints of findings, if there are such, that say of the same time that it is lost where this
    one says why; beside one of them it has no burden.
    """

    check: str
    severity: Severity
    object: ObjectName
    summary: str
    advice: str
    facts: tuple[Fact, ...] = ()
    burden: float = 1.0
    remedy: Remedy | None = None
    explains: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same as long as the same illness is on the same object."""
        return fingerprint_of(self.check, self.object)


def fingerprint_of(check: str, about: ObjectName) -> str:
    """The fingerprint that a check's finding about an object has."""
    return hashlib.sha256(f"{check}\0{about}".encode()).hexdigest()[:12]


class BlindSpot(msgspec.Struct, frozen=True, tag_field="record", tag="blind_spot"):
    """Something that could not be seen, why, and the one statement that would grant the sight of it.

    ``subject`` is the probe's name; ``object`` names the relation when only that one was hidden. ``reason`` is one
    English sentence, with ``{fact}`` places where it has ``facts``. ``grant`` is SQL for an administrator to run, or
    empty when no statement helps (a lock, an old server).
    """

    subject: str
    reason: str
    object: str = ""
    grant: str = ""
    facts: tuple[Fact, ...] = ()
