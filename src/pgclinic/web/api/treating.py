"""Treating and taking back, for operators."""

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from pgclinic.report import treatment_json
from pgclinic.web.here import HereNow
from pgclinic.web.jobs import JobReport
from pgclinic.web.treating import approved, begin_treating, begin_undoing, demand_operator, journalled


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Prescriptions by their fingerprints, and whether to measure before and after."""

    items: tuple[str, ...]
    measure: bool = False


class Undoing(msgspec.Struct, frozen=True, kw_only=True):
    """The item of the journal to take back, counted from 1; null for all."""

    item: int | None = None


@get("/api/databases/{key:str}/treatment", sync_to_thread=True, tags=["treating"])
def get_treatment(here: HereNow, key: FromPath[str]) -> dict[str, Any] | None:
    """The journal, the document that ``pgclinic status --format json`` writes; null where it cannot be asked."""
    journal = journalled(here)
    found: dict[str, Any] | None = msgspec.json.decode(treatment_json.encode_status(journal)) if journal else None
    return found


@post("/api/databases/{key:str}/treatment/apply", status_code=202, sync_to_thread=True, tags=["treating"])
def apply_treatment(here: HereNow, key: FromPath[str], data: JSONBody[Approval]) -> JobReport:
    """Apply these prescriptions (writes); the answer tells which job to ask for."""
    demand_operator(here)
    return begin_treating(here, approved(here, data.items), is_measured=data.measure).report


@post("/api/databases/{key:str}/treatment/undo", status_code=202, sync_to_thread=True, tags=["treating"])
def undo_treatment(here: HereNow, key: FromPath[str], data: JSONBody[Undoing]) -> JobReport:
    """Take back one item, or all (writes)."""
    return begin_undoing(here, data.item).report


HANDLERS = (get_treatment, apply_treatment, undo_treatment)
