"""What if: an index or a query by hand, planned before and after on the twin."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from pgclinic.model.errors import UserError
from pgclinic.model.whatif import StatementEffect, WhatIf
from pgclinic.report.plan_reading_html import trees
from pgclinic.report.planning_words import factor, planner_words, statement_words
from pgclinic.sql import quote
from pgclinic.verbs.driving import drive
from pgclinic.verbs.plan_statement import read_aloud
from pgclinic.verbs.whatif import whatif as compare
from pgclinic.web.here import HereNow
from pgclinic.web.visit import ONE_TWIN
from pgclinic.workload.script import parse_script

LONGEST = 100_000
_MOST_EFFECTS = 20
_MOST_TREES = 5


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Indexes to try, as CREATE INDEX and DROP INDEX statements, and a query whose plans are shown."""

    ddl: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""
    query: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""


def answered(here: HereNow, asked: Asked) -> WhatIf:
    """The twin's answer. Raises UserError."""
    if not asked.ddl.strip():
        raise UserError("There is nothing to try; write a CREATE INDEX or a DROP INDEX statement.")
    query = parse_script({"query": asked.query}, source="the page") if asked.query.strip() else None
    snapshot = here.visit.demand_snapshot()
    with ONE_TWIN:
        return drive(compare(snapshot, ddl=(asked.ddl,), query=query))


@get("/databases/{key:str}/whatif", include_in_schema=False, sync_to_thread=True)
def whatif(here: HereNow, ddl: FromQuery[str] = "", statement: FromQuery[str] = "") -> Response[str]:
    """The form, filled in where a link says with what."""
    asked = here.visit.in_full(statement) if statement else None
    return here.page(
        "whatif.html", visit=here.visit, asked=Asked(ddl=ddl, query=asked.sql if asked else ""), answer=None
    )


@post("/databases/{key:str}/whatif/answer", status_code=200, include_in_schema=False, sync_to_thread=True)
def try_whatif(here: HereNow, data: URLEncodedBody[dict[str, str]]) -> Response[str]:
    """The form with its answer."""
    asked = Asked(ddl=data.get("ddl", "")[:LONGEST], query=data.get("query", "")[:LONGEST])
    try:
        answer = answered(here, asked)
    except UserError as error:
        return here.page("whatif.html", visit=here.visit, asked=asked, answer=None, error=str(error))
    shown = answer.queries[:_MOST_TREES] or tuple(each for each in answer.effects if each.change)[:1]
    return here.page(
        "whatif.html",
        visit=here.visit,
        asked=asked,
        answer=answer,
        planner=planner_words(answer.planned_by),
        tried=[(index, quote.create_index(index.definition, index.name)) for index in answer.indexes],
        pictures=[(each, _name(each), _pair(each)) for each in shown],
        effects=[(each, _name(each), _factor(each)) for each in answer.effects[:_MOST_EFFECTS]],
        factor_of=_factor,
    )


def _name(effect: StatementEffect) -> str:
    return statement_words(effect.name, effect.fingerprint, effect.sql, 200)


def _factor(effect: StatementEffect) -> str:
    return factor(effect.cost_before, effect.cost_after)


def _pair(effect: StatementEffect) -> tuple[object, ...]:
    pair = effect.telling
    return (*trees(read_aloud(pair.before)), *trees(read_aloud(pair.after)))


HANDLERS = (whatif, try_whatif)
