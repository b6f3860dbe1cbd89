"""One table with its indexes: how large, how it grew, how used, how empty, and what was found of it."""

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery

from pgclinic.model.finding import Finding
from pgclinic.model.listing import IndexLine, TableLine
from pgclinic.model.names import RelationName
from pgclinic.web.here import Here, HereNow


def table_of(here: Here, name: RelationName) -> TableLine:
    """The table of this name. Raises NotFoundException."""
    lines = (*here.tables, *here.visit.tables)
    found = next((line for line in lines if line.name == name), None)
    if found is None:
        raise NotFoundException("There is no such table in this visit.")
    return found


def indexes_of_table(here: Here, name: RelationName) -> tuple[IndexLine, ...]:
    """The indexes of a table, the largest first; with their definitions where a whole visit is at hand."""
    seen = {line.name: line for line in here.visit.indexes if line.table == name}
    mine = [line for line in here.indexes if line.name in seen or line.table == name]
    return tuple(mine) or tuple(seen.values())


def findings_of_table(here: Here, table: RelationName, indexes: tuple[IndexLine, ...]) -> tuple[Finding, ...]:
    """What was found of a table, of what belongs to it, and of its indexes."""
    names = {line.name.name for line in indexes}
    return tuple(
        each
        for each in here.visit.checkup.findings
        if each.object.schema == table.schema
        and (
            each.object.parent == table.name
            or (each.object.name == table.name and each.object.kind != "index")
            or (each.object.name in names and each.object.kind == "index")
        )
    )


@get("/databases/{key:str}/tables/one", include_in_schema=False, sync_to_thread=True)
def table(here: HereNow, name: FromQuery[str], schema: FromQuery[str] = "public") -> Response[str]:
    """By name in the query, for a name may hold any character."""
    relation = RelationName(schema, name)
    indexes = indexes_of_table(here, relation)
    return here.page(
        "table.html",
        line=table_of(here, relation),
        indexes=indexes,
        definitions={each.name: each.sql for each in here.visit.indexes},
        found=findings_of_table(here, relation, indexes),
        evidence=here.told["evidence"],
        texts=lambda _: (),
        sql=here.told["sql"],
    )


HANDLERS = (table,)
