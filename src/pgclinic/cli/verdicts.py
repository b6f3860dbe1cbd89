"""What a result means for whoever called: the exit code."""

from typing import TYPE_CHECKING

from pgclinic.grading.grade import LETTERS
from pgclinic.model.errors import UserError

if TYPE_CHECKING:
    from pgclinic.model.checkup import Checkup
    from pgclinic.model.review import Review

CLEAN = 0
ILL = 1


def threshold(given: str | None, place: str = "--fail-below") -> str | None:
    """A grade as typed, in its one spelling. Raises UserError for anything that is no grade."""
    if given is None:
        return None
    letter = given.strip().upper().replace("\N{MINUS SIGN}", "-")
    if letter not in LETTERS:
        raise UserError(f"{place}: {given!r} is no grade; give one from A+ to F, such as B or B-.")
    return letter


def checkup_exit_code(checkup: "Checkup", lowest: str | None) -> int:
    """1 for a grade below ``lowest``, or, without one, for any listed finding at warning or above; else 0.

    Findings that are ignored or known count for neither: the grade is then the one without them.
    """
    from pgclinic.model.finding import Severity

    if lowest is not None:
        letter = (checkup.listed_grade or checkup.grade).letter.replace("\N{MINUS SIGN}", "-")
        return ILL if LETTERS.index(letter) < LETTERS.index(lowest) else CLEAN
    return ILL if any(finding.severity >= Severity.WARNING for finding in checkup.findings) else CLEAN


def review_exit_code(review: "Review", least: str) -> int:
    """1 for an objection of severity ``least`` or above; ``never`` lets everything pass."""
    from pgclinic.model.finding import Severity

    if least == "never" or review.worst is None:
        return CLEAN
    return ILL if review.worst >= Severity[least.upper()] else CLEAN
