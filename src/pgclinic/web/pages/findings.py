"""What was found, with its evidence and its remedy."""

from litestar import Response, get

from pgclinic.web.here import HereNow


@get("/databases/{key:str}/findings", include_in_schema=False, sync_to_thread=True)
def findings(here: HereNow) -> Response[str]:
    """All of them, the worst first, and what could not be seen."""
    return here.page("found.html", visit=here.visit, **here.told)


HANDLERS = (findings,)
