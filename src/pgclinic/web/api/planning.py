"""What is prescribed, what if, and the jobs that find out."""

from typing import Any

import msgspec
from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from pgclinic.model.ledger import LedgerEntry
from pgclinic.report import course_json, whatif_json
from pgclinic.web.here import HereNow
from pgclinic.web.jobs import JobReport
from pgclinic.web.pages.prescriptions import begin_writing
from pgclinic.web.pages.whatif import Asked, answered
from pgclinic.web.treating import measured


@get("/api/databases/{key:str}/prescriptions", sync_to_thread=True, tags=["planning"])
def get_prescriptions(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> dict[str, Any] | None:
    """The plan, the document that ``pgclinic prescribe --format json`` writes; null until it has been written."""
    course = here.visit.course
    found: dict[str, Any] | None = msgspec.json.decode(course_json.encode(course)) if course else None
    return found


@get("/api/databases/{key:str}/prescriptions/measured", sync_to_thread=True, tags=["planning"])
def get_measured(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> list[LedgerEntry]:
    """Each gain of the plan that was measured after it had been planned, as ``pgclinic ledger`` has it."""
    course = here.visit.course
    wanted = {item.fingerprint for item in course.prescriptions} if course else set()
    return [entry for entry in measured(here).values() if entry.prescription in wanted]


@post("/api/databases/{key:str}/prescriptions/write", status_code=202, sync_to_thread=True, tags=["planning"])
def write_prescriptions(here: HereNow, key: FromPath[str]) -> JobReport:
    """Have the plan written on the twin; the answer tells which job to ask for."""
    return begin_writing(here).report


@post("/api/databases/{key:str}/whatif", status_code=200, sync_to_thread=True, tags=["planning"])
def try_whatif(here: HereNow, key: FromPath[str], data: JSONBody[Asked]) -> dict[str, Any]:
    """Plans before and after: the document that ``pgclinic whatif --format json`` writes."""
    found: dict[str, Any] = msgspec.json.decode(whatif_json.encode(answered(here, data)))
    return found


@get("/api/jobs/{number:str}", sync_to_thread=False, tags=["planning"])
def get_job(here: HereNow, number: FromPath[str]) -> JobReport:
    """How far a job is."""
    job = here.site.jobs.find(number)
    if job is None:
        raise NotFoundException("There is no such job.")
    return job.report


HANDLERS = (get_prescriptions, get_measured, write_prescriptions, try_whatif, get_job)
