"""Approve, treat, look at the proof, take back: for operators, and for viewers to look on."""

from litestar import Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from pgclinic.charts.before_after import before_after
from pgclinic.report.demo_html import pairs_of
from pgclinic.report.html import safe
from pgclinic.report.proof_words import conclusion, interval, method, pages
from pgclinic.web.here import HereNow
from pgclinic.web.treating import approved, begin_treating, begin_undoing, demand_operator, journalled, tried

_NARROW = 340


@get("/databases/{key:str}/treatment", include_in_schema=False, sync_to_thread=True)
def treatment(here: HereNow) -> Response[str]:
    """What the journal says, and what the last treatment from here proved."""
    outcome, job = here.site.outcomes.get(here.key), here.site.jobs.of(here.key)
    proof = outcome.proof if outcome else None
    pairs = pairs_of(proof.statements) if proof else []
    return here.page(
        "treatment.html",
        journal=journalled(here),
        job=job.report if job else None,
        proof=proof,
        booked=outcome.booked.entries if outcome and outcome.booked else (),
        conclusion=conclusion(proof) if proof else "",
        method=method(proof) if proof else "",
        interval=interval,
        pages=pages,
        chart=safe(before_after(pairs)) if pairs else "",
        narrow=safe(before_after(pairs, width=_NARROW)) if pairs else "",
    )


@post("/databases/{key:str}/treatment/try", status_code=200, include_in_schema=False, sync_to_thread=True)
def try_treatment(here: HereNow, data: URLEncodedBody[dict[str, list[str] | str]]) -> Response[str]:
    """The pre-flight of what was chosen, and the button that approves it."""
    demand_operator(here)
    course = approved(here, _chosen(data))
    return here.page("approve.html", course=course, preflight=tried(here, course).preflight)


@post("/databases/{key:str}/treatment/apply", include_in_schema=False, sync_to_thread=True)
def apply_treatment(here: HereNow, data: URLEncodedBody[dict[str, list[str] | str]]) -> Redirect:
    """Apply what was approved (writes)."""
    demand_operator(here)
    job = begin_treating(here, approved(here, _chosen(data)), is_measured="measure" in data)
    return Redirect(f"/jobs/{job.id}", status_code=303)


@post("/databases/{key:str}/treatment/undo", include_in_schema=False, sync_to_thread=True)
def undo_treatment(here: HereNow, data: URLEncodedBody[dict[str, list[str] | str]]) -> Redirect:
    """Take back one item of the journal, or all (writes)."""
    number = str(data.get("item", ""))
    return Redirect(f"/jobs/{begin_undoing(here, int(number) if number.isdigit() else None).id}", status_code=303)


def _chosen(data: dict[str, list[str] | str]) -> list[str]:
    """What was ticked; one alone comes as a text."""
    found = data.get("item", [])
    return [found] if isinstance(found, str) else found


HANDLERS = (treatment, try_treatment, apply_treatment, undo_treatment)
