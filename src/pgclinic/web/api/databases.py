"""The databases, and the checkup of one."""

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery

from pgclinic.model.checkup import Grade, Kpi
from pgclinic.report import checkup_json
from pgclinic.web.here import HereNow


class DatabaseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One database at a glance. ``key`` is its word in addresses; the rest is None where nothing was seen yet.

    ``seen_at`` is by the server's clock, ISO 8601.
    """

    key: str
    name: str
    seen_at: str | None = None
    server_version: str | None = None
    grade: Grade | None = None
    kpis: tuple[Kpi, ...] = ()


@get("/api/databases", sync_to_thread=True, tags=["databases"])
def list_databases(here: HereNow) -> list[DatabaseSummary]:
    """Every database with its grade and key figures."""
    return [_summary(here, key) for key in here.site.databases]


@get("/api/databases/{key:str}", sync_to_thread=True, tags=["databases"])
def get_database(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> DatabaseSummary:
    """One database with its grade and key figures."""
    visit = here.visit
    return DatabaseSummary(
        key=key,
        name=here.database.name,
        seen_at=visit.clock,
        server_version=visit.checkup.server.version,
        grade=visit.checkup.grade,
        kpis=visit.checkup.kpis,
    )


@get("/api/databases/{key:str}/checkup", sync_to_thread=True, tags=["databases"])
def get_checkup(here: HereNow, key: FromPath[str], at: FromQuery[str] = "") -> dict[str, Any]:
    """The whole checkup: the document that ``pgclinic checkup --format json`` writes."""
    found: dict[str, Any] = msgspec.json.decode(checkup_json.encode(here.visit.checkup, here.language))
    return found


def _summary(here: HereNow, key: str) -> DatabaseSummary:
    database = here.site.databases[key]
    visit = database.latest()
    if visit is None:
        return DatabaseSummary(key=key, name=database.name)
    return DatabaseSummary(
        key=key,
        name=database.name,
        seen_at=visit.clock,
        server_version=visit.checkup.server.version,
        grade=visit.checkup.grade,
        kpis=visit.checkup.kpis,
    )


HANDLERS = (list_databases, get_database, get_checkup)
