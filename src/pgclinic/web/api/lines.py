"""Statements, tables and indexes, a page at a time."""

from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from pgclinic.model.listing import IndexLine, StatementLine, TableLine
from pgclinic.model.plan import PlanNode
from pgclinic.web.here import HereNow
from pgclinic.web.ordering import Part, part_of
from pgclinic.web.pages.statement import line_of, plan_asked, text_of
from pgclinic.web.pages.statements import ORDERS
from pgclinic.web.pages.tables import INDEX_ORDERS, TABLE_ORDERS

Page = Annotated[int, QueryParameter(ge=1, le=1_000_000, description="Counted from 1.")]
Size = Annotated[int, QueryParameter(ge=1, le=500, description="Lines of a page.")]

Span = Literal["", "1h", "1d", "7d", "30d", "all"]


class StatementDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One statement in full. ``text`` is free of control characters; the lists are fingerprints."""

    line: StatementLine
    text: str
    findings: tuple[str, ...]
    prescriptions: tuple[str, ...]


class StatementPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that the twin made. ``parameters`` are the values that it was made with, text or null for SQL's null."""

    cost: float
    planned_by: str
    source: str
    parameters: tuple[str | None, ...]
    root: PlanNode


@get("/api/databases/{key:str}/statements", sync_to_thread=True, tags=["statements"])
def list_statements(
    here: HereNow,
    key: FromPath[str],
    sort: FromQuery[Literal["total", "mean", "p95", "calls", "io", "spilled"]] = "total",
    find: FromQuery[str] = "",
    page: Page = 1,
    size: Size = 50,
    at: FromQuery[str] = "",
    span: FromQuery[Span] = "",
) -> Part[StatementLine]:
    """The statements of applications, the greatest of ``sort`` first."""
    lines = here.statements
    return part_of(lines, ORDERS, sort=sort, find=find, text=lambda line: line.text, page=page, size=size)


@get("/api/databases/{key:str}/statements/{fingerprint:str}", sync_to_thread=True, tags=["statements"])
def get_statement(
    here: HereNow, key: FromPath[str], fingerprint: FromPath[str], at: FromQuery[str] = ""
) -> StatementDetail:
    """One statement with its whole text, and what was found and prescribed of it."""
    return StatementDetail(
        line=line_of(here, fingerprint),
        text=text_of(here, fingerprint),
        findings=tuple(each.fingerprint for each in here.visit.findings_of(fingerprint)),
        prescriptions=tuple(item.fingerprint for _, item in here.visit.helping(fingerprint)),
    )


@get("/api/databases/{key:str}/statements/{fingerprint:str}/plan", sync_to_thread=True, tags=["statements"])
def get_plan(here: HereNow, key: FromPath[str], fingerprint: FromPath[str], at: FromQuery[str] = "") -> StatementPlan:
    """Its plan on the twin, as the database is."""
    effect, planned_by = plan_asked(here, fingerprint)
    pair = effect.telling
    return StatementPlan(
        cost=pair.before.cost,
        planned_by=planned_by,
        source=pair.parameters.source if pair.parameters else "",
        parameters=pair.parameters.values if pair.parameters else (),
        root=pair.before.root,
    )


@get("/api/databases/{key:str}/tables", sync_to_thread=True, tags=["tables"])
def list_tables(
    here: HereNow,
    key: FromPath[str],
    sort: FromQuery[Literal["size", "rows", "scans", "dead", "empty"]] = "size",
    find: FromQuery[str] = "",
    page: Page = 1,
    size: Size = 50,
    at: FromQuery[str] = "",
    span: FromQuery[Span] = "",
) -> Part[TableLine]:
    """The tables that hold rows themselves."""
    lines = here.tables
    return part_of(lines, TABLE_ORDERS, sort=sort, find=find, text=lambda line: str(line.name), page=page, size=size)


@get("/api/databases/{key:str}/indexes", sync_to_thread=True, tags=["tables"])
def list_indexes(
    here: HereNow,
    key: FromPath[str],
    sort: FromQuery[Literal["size", "scans", "unused", "empty"]] = "size",
    find: FromQuery[str] = "",
    page: Page = 1,
    size: Size = 50,
    at: FromQuery[str] = "",
    span: FromQuery[Span] = "",
) -> Part[IndexLine]:
    """The indexes that hold entries themselves."""
    lines = here.indexes
    return part_of(lines, INDEX_ORDERS, sort=sort, find=find, text=lambda line: str(line.name), page=page, size=size)


HANDLERS = (list_statements, get_statement, get_plan, list_tables, list_indexes)
