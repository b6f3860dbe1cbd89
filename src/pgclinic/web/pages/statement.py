"""One statement: its figures, its plan on the twin, and what is said of it."""

from litestar import MediaType, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from pgclinic.model.errors import UserError
from pgclinic.model.listing import StatementLine
from pgclinic.model.whatif import StatementEffect
from pgclinic.report.plan_reading_html import trees
from pgclinic.report.planning_words import planner_words
from pgclinic.report.printable import printable
from pgclinic.verbs.plan_statement import read_aloud
from pgclinic.web.here import HereNow

_LONGEST_TEXT = 20_000
_MOST_VALUES = 10


def line_of(here: HereNow, fingerprint: str) -> StatementLine:
    """The statement of this fingerprint. Raises NotFoundException."""
    found = (each for each in here.statements if each.fingerprint == fingerprint)
    line = next(found, None) or here.visit.statement_of.get(fingerprint)
    if line is None:
        raise NotFoundException("There is no such statement in this visit.")
    return line


def text_of(here: HereNow, fingerprint: str) -> str:
    """Its whole text, free of what a browser would act on."""
    line, statement, past = line_of(here, fingerprint), here.visit.in_full(fingerprint), here.database.past
    kept = past.text_of(fingerprint) if past and statement is None else ""
    return printable(statement.sql if statement else kept or line.text, lines=True)


def plan_asked(here: HereNow, fingerprint: str) -> tuple[StatementEffect, str]:
    """Its plans on the twin, and what planned them. Raises NotFoundException for a statement without one."""
    line_of(here, fingerprint)
    here.visit.demand_snapshot()
    asked = here.visit.in_full(fingerprint)
    if asked is None:
        raise NotFoundException("This statement has no plan.")
    return here.visit.plan_of(asked)


@get("/databases/{key:str}/statements/{fingerprint:str}", include_in_schema=False, sync_to_thread=True)
def statement(here: HereNow, fingerprint: FromPath[str]) -> Response[str]:
    """All of it but its plan, which is made when the page is there."""
    line, text = line_of(here, fingerprint), text_of(here, fingerprint)
    return here.page(
        "statement.html",
        visit=here.visit,
        line=line,
        text=text[:_LONGEST_TEXT],
        length=len(text),
        is_cut=len(text) > _LONGEST_TEXT,
        has_plan=here.visit.in_full(fingerprint) is not None,
        found=here.visit.findings_of(fingerprint),
        helping=here.visit.helping(fingerprint),
        evidence=here.told["evidence"],
        texts=lambda _: (),
        sql=here.told["sql"],
    )


@get("/databases/{key:str}/statements/{fingerprint:str}/text", include_in_schema=False, sync_to_thread=True)
def whole_text(here: HereNow, fingerprint: FromPath[str]) -> Response[str]:
    """Nothing but its text, to the last character."""
    return Response(text_of(here, fingerprint), media_type=MediaType.TEXT)


@get("/databases/{key:str}/statements/{fingerprint:str}/plan", include_in_schema=False, sync_to_thread=True)
def plan(here: HereNow, fingerprint: FromPath[str]) -> Response[str]:
    """Its plan as a picture, and the values that it was planned with; a part of its page."""
    try:
        effect, planned_by = plan_asked(here, fingerprint)
    except UserError as error:
        return here.page("plan.html", error=str(error))
    pair = effect.telling
    reading = read_aloud(pair.before)
    tree, narrow = trees(reading)
    parameters = pair.parameters
    shown = parameters.values[:_MOST_VALUES] if parameters else ()
    return here.page(
        "plan.html",
        error="",
        reading=reading,
        tree=tree,
        narrow=narrow,
        cost=pair.before.cost,
        planner=planner_words(planned_by),
        source=parameters.source if parameters else "",
        parameters=list(enumerate(shown, start=1)),
        open=parameters.open if parameters else frozenset(),
    )


HANDLERS = (statement, whole_text, plan)
