"""Curves, activity and alerts of a watched database."""

from litestar import get
from litestar.params import FromPath, FromQuery

from pgclinic.grading.blocking import Blocked, blocking_lines
from pgclinic.model.activity import Session
from pgclinic.web.api.lines import Span
from pgclinic.web.here import HereNow
from pgclinic.web.now import Alert, alerts_of
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


@get("/api/databases/{key:str}/activity", sync_to_thread=True, tags=["history"])
def get_activity(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> list[Session]:
    """Who was at work at the last look."""
    return list(here.sessions)


@get("/api/databases/{key:str}/blocking", sync_to_thread=True, tags=["history"])
def get_blocking(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> list[Blocked]:
    """Who keeps whom waiting: each tree from its root downwards."""
    return list(blocking_lines(here.sessions))


@get("/api/databases/{key:str}/alerts", sync_to_thread=True, tags=["history"])
def get_alerts(here: HereNow, key: FromPath[str]) -> list[Alert]:
    """What stands now, the worst first."""
    return list(alerts_of(here))


HANDLERS = (get_history, get_statement_history, get_activity, get_blocking, get_alerts)
