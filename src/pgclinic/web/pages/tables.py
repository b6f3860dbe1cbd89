"""Tables and indexes: how large, how used, how empty."""

from litestar import Response, get
from litestar.params import FromQuery

from pgclinic.model.listing import IndexLine, TableLine
from pgclinic.web.here import HereNow
from pgclinic.web.ordering import Part, part_of

TABLE_ORDERS = {
    "size": lambda line: line.total_bytes,
    "rows": lambda line: line.rows,
    "scans": lambda line: line.seq_scans,
    "dead": lambda line: line.dead_share,
    "empty": lambda line: line.empty_share,
}
INDEX_ORDERS = {
    "size": lambda line: line.bytes,
    "scans": lambda line: line.scans,
    "unused": lambda line: None if line.scans is None else -line.scans,
    "empty": lambda line: line.empty_share,
}


def tables_of(here: HereNow, sort: str, find: str, page: int) -> Part[TableLine]:
    """The part of the tables that is asked for."""
    lines = here.tables
    return part_of(lines, TABLE_ORDERS, sort=sort, find=find, text=lambda line: str(line.name), page=page)


def indexes_of(here: HereNow, sort: str, find: str, page: int) -> Part[IndexLine]:
    """The part of the indexes that is asked for."""
    lines = here.indexes
    return part_of(lines, INDEX_ORDERS, sort=sort, find=find, text=lambda line: f"{line.name} {line.table}", page=page)


@get("/databases/{key:str}/tables", include_in_schema=False, sync_to_thread=True)
def tables(
    here: HereNow,
    sort: FromQuery[str] = "",
    find: FromQuery[str] = "",
    page: FromQuery[int] = 1,
    isort: FromQuery[str] = "",
    ipage: FromQuery[int] = 1,
) -> Response[str]:
    """Both, one page of each."""
    return here.page(
        "tables.html",
        visit=here.visit,
        part=tables_of(here, sort, find, page),
        indexes=indexes_of(here, isort, find, ipage),
        charts=[chart for chart in here.told["charts"] if chart[4]],
    )


HANDLERS = (tables,)
