"""What was looked at before a treatment, and what becomes of each prescription."""

from enum import StrEnum

import msgspec

from pgclinic.model.prescription import Prescription


class Verdict(StrEnum):
    """What one look came to."""

    FINE = "fine"
    MIND = "mind"
    """It can be done, and somebody should know this first."""
    UNSEEN = "unseen"
    """It could not be looked at."""
    STOP = "stop"
    """It cannot be done like this."""


class Look(msgspec.Struct, frozen=True):
    """One thing that was looked at, such as the lock queue of a table, and what was seen, in one sentence."""

    subject: str
    verdict: Verdict
    words: str


class Decision(StrEnum):
    """What becomes of a prescription."""

    APPLY = "apply"
    RESUME = "resume"
    ALREADY_DONE = "already done"
    NEEDLESS = "needless"
    LATER = "later"
    """It can be done, but not now: it would not finish within the hours that it may take."""
    REFUSED = "refused"


class Examination(msgspec.Struct, frozen=True):
    """The decision on one prescription with its reason in words, and the looks at what it is about."""

    prescription: Prescription
    decision: Decision
    reason: str = ""
    looks: tuple[Look, ...] = ()


class Preflight(msgspec.Struct, frozen=True):
    """All that was looked at: the database as a whole, and each prescription in the order of the course.

    ``items`` are those that something is run for; ``in_application`` those of which all, or something besides, is to
    be done in the application.
    """

    database: str
    looks: tuple[Look, ...]
    items: tuple[Examination, ...]
    in_application: tuple[Prescription, ...] = ()
