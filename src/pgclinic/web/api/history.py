"""Curves, activity and alerts of a watched database."""

from litestar import get
from litestar.params import FromPath, FromQuery

from pgclinic.grading.blocking import Blocked, blocking_lines
from pgclinic.model.activity import Session
from pgclinic.model.alerting import AlertHistory
from pgclinic.model.names import RelationName
from pgclinic.web.api.lines import Span
from pgclinic.web.here import HereNow
from pgclinic.web.now import alerts_everywhere, alerts_of
from pgclinic.web.past import Series

_MOST_NAMES = 20


@get("/api/databases/{key:str}/history", sync_to_thread=True, tags=["history"])
def get_history(
    here: HereNow, key: FromPath[str], names: FromQuery[str], at: FromQuery[str] = "", span: FromQuery[Span] = ""
) -> list[Series]:
    """Key figures over time, by their ``names`` between commas; empty for a database that is not watched."""
    past = here.database.past
    return list(past.curves(names.split(",")[:_MOST_NAMES], here.span, here.at)) if past else []


@get("/api/databases/{key:str}/statements/{fingerprint:str}/history", sync_to_thread=True, tags=["history"])
def get_statement_history(
    here: HereNow, key: FromPath[str], fingerprint: FromPath[str], at: FromQuery[str] = "", span: FromQuery[Span] = ""
) -> list[Series]:
    """One statement over time: its mean, and its calls a second."""
    past = here.database.past
    return list(past.statement_curves(fingerprint, here.span, here.at)) if past else []


@get("/api/databases/{key:str}/tables/history", sync_to_thread=True, tags=["history"])
def get_table_history(
    here: HereNow,
    key: FromPath[str],
    name: FromQuery[str],
    schema: FromQuery[str] = "public",
    curves: FromQuery[str] = "",
    at: FromQuery[str] = "",
    span: FromQuery[Span] = "",
) -> list[Series]:
    """How one table grew: all curves, or those whose names stand in ``curves`` between commas."""
    past, wanted = here.database.past, curves.split(",") if curves else ()
    found = past.table_curves(RelationName(schema, name), here.span, here.at) if past else ()
    return [each for each in found if not wanted or each.name in wanted]


@get("/api/databases/{key:str}/indexes/history", sync_to_thread=True, tags=["history"])
def get_index_history(
    here: HereNow,
    key: FromPath[str],
    name: FromQuery[str],
    schema: FromQuery[str] = "public",
    at: FromQuery[str] = "",
    span: FromQuery[Span] = "",
) -> list[Series]:
    """How the largest indexes of a table grew; ``object`` names the index."""
    past, table = here.database.past, RelationName(schema, name)
    if past is None:
        return []
    latest = here.database.latest()
    own = {line.name.name for line in latest.indexes if line.table == table} if latest else set[str]()
    return list(past.index_curves(table, own, here.span, here.at))


@get("/api/databases/{key:str}/activity", sync_to_thread=True, tags=["history"])
def get_activity(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> list[Session]:
    """Who was at work at the last look."""
    return list(here.sessions)


@get("/api/databases/{key:str}/blocking", sync_to_thread=True, tags=["history"])
def get_blocking(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> list[Blocked]:
    """Who keeps whom waiting: each tree from its root downwards."""
    return list(blocking_lines(here.sessions))


@get("/api/databases/{key:str}/alerts", sync_to_thread=True, tags=["history"])
def get_alerts(here: HereNow, key: FromPath[str], at: FromQuery[str] = "", span: FromQuery[Span] = "") -> AlertHistory:
    """What stands, or stood at a moment, what was over in the span before, and how the channels did."""
    return alerts_of(here)


@get("/api/alerts", sync_to_thread=True, tags=["history"])
def list_alerts(here: HereNow, at: FromQuery[str] = "", span: FromQuery[Span] = "") -> AlertHistory:
    """The same of all databases together; ``target`` says which."""
    return alerts_everywhere(here)


HANDLERS = (
    get_history,
    get_statement_history,
    get_table_history,
    get_index_history,
    get_activity,
    get_blocking,
    get_alerts,
    list_alerts,
)
