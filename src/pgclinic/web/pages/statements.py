"""Where the time goes: every statement, sorted by whatever one looks for."""

from litestar import Response, get
from litestar.params import FromQuery

from pgclinic.model.listing import StatementLine
from pgclinic.web.here import HereNow
from pgclinic.web.ordering import Part, part_of

ORDERS = {
    "total": lambda line: line.total_ms,
    "mean": lambda line: line.mean_ms,
    "p95": lambda line: line.p95_ms,
    "calls": lambda line: line.calls,
    "io": lambda line: line.read_bytes,
    "spilled": lambda line: line.spilled_bytes,
}


def statements_of(here: HereNow, sort: str, find: str, page: int) -> Part[StatementLine]:
    """The part of the table that is asked for."""
    lines = here.statements
    return part_of(lines, ORDERS, sort=sort, find=find, text=lambda line: f"{line.text} {line.fingerprint}", page=page)


@get("/databases/{key:str}/statements", include_in_schema=False, sync_to_thread=True)
def statements(
    here: HereNow, sort: FromQuery[str] = "", find: FromQuery[str] = "", page: FromQuery[int] = 1
) -> Response[str]:
    """One page of them."""
    return here.page("statements.html", visit=here.visit, part=statements_of(here, sort, find, page))


HANDLERS = (statements,)
