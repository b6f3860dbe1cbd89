"""What operators may do to a database: the part of a course that they approved, tried, applied, taken back."""

import logging
from collections.abc import Collection

import msgspec
from litestar.exceptions import PermissionDeniedException

from pgclinic.model.errors import UserError
from pgclinic.model.ledger import LedgerEntry
from pgclinic.model.prescription import Course
from pgclinic.model.treatment import Status, Treatment
from pgclinic.verbs.driving import drive
from pgclinic.verbs.ledger import ledger_path, measured_gains
from pgclinic.verbs.proved_treatment import proved_treatment
from pgclinic.verbs.status import status
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from pgclinic.web.here import Here
from pgclinic.web.jobs import Job

MEASURED_SECONDS = 20.0
_LOG = logging.getLogger(__name__)


def demand_operator(here: Here) -> None:
    """Raise PermissionDeniedException for whoever may not treat this database from here."""
    if not here.is_operator:
        raise PermissionDeniedException("Only operators treat, where the server was started with --allow-treat.")
    if not here.database.conninfo:
        raise UserError("This database cannot be treated from here: only what was seen of it is known.")


def approved(here: Here, fingerprints: Collection[str]) -> Course:
    """The course with the chosen prescriptions and what they require. Raises UserError for none of them."""
    course = here.visit.course
    if course is None:
        raise UserError("Nothing has been prescribed yet; have the prescription written first.")
    by_fingerprint = {item.fingerprint: item for item in course.prescriptions}
    wanted, open_ = set[str](), [each for each in fingerprints if each in by_fingerprint]
    while open_:
        each = open_.pop()
        if each not in wanted:
            wanted.add(each)
            open_ += [need for need in by_fingerprint[each].requires if need in by_fingerprint]
    chosen = tuple(item for item in course.prescriptions if item.fingerprint in wanted and not item.is_elsewhere)
    if not chosen:
        raise UserError("Nothing was chosen that is done in the database; choose a prescription.")
    return msgspec.structs.replace(course, prescriptions=chosen)


def tried(here: Here, course: Course) -> Treatment:
    """What would become of each, by the pre-flight; nothing is changed. Raises UserError."""
    return drive(treat(here.database.conninfo, course, dry_run=True))


def begin_treating(here: Here, course: Course, *, is_measured: bool) -> Job:
    """Apply the course (writes). Raises UserError while something else is done to this database."""
    demand_operator(here)
    site, key = here.site, here.key
    return site.jobs.begin(
        proved_treatment(
            here.database.conninfo,
            course,
            here.visit.demand_snapshot(),
            seconds=MEASURED_SECONDS if is_measured else 0,
            ledger=ledger_path(),
        ),
        title=here.language.say("Treating"),
        database=key,
        then=f"/databases/{key}/treatment",
        keep=lambda outcome: site.outcomes.__setitem__(key, outcome),
    )


def begin_undoing(here: Here, item: int | None) -> Job:
    """Take back one item, by its number in the journal, or everything (writes)."""
    demand_operator(here)
    return here.site.jobs.begin(
        undo(here.database.conninfo, item=item),
        title=here.language.say("Taking back"),
        database=here.key,
        then=f"/databases/{here.key}/treatment",
    )


def journalled(here: Here) -> Status | None:
    """The journal of the database; None for one that cannot be asked. Raises UserError."""
    return drive(status(here.database.conninfo)) if here.database.conninfo else None


def measured(here: Here) -> dict[tuple[str, str], LedgerEntry]:
    """What was measured of the course so far, by fingerprints of prescription and statement; none without a ledger."""
    course = here.visit.course
    try:
        return measured_gains(course.patient, ledger_path()) if course else {}
    except UserError as error:
        _LOG.warning("%s", error)
        return {}
