"""The databases, and one of them at a glance."""

from litestar import Response, get
from litestar.response import Redirect

from pgclinic.report.checkup_html import values
from pgclinic.web.here import HereNow

_MOST_STATEMENTS = 5


@get("/", include_in_schema=False, sync_to_thread=True)
def databases(here: HereNow) -> Response[str] | Redirect:
    """Every database with its grade; the only one at once."""
    if len(here.site.databases) == 1:
        return Redirect(f"/databases/{next(iter(here.site.databases))}/", status_code=303)
    return here.page("databases.html")


@get("/databases/{key:str}/", include_in_schema=False, sync_to_thread=True)
def overview(here: HereNow) -> Response[str]:
    """Grade, key figures, what to do first, where the time goes."""
    visit = here.visit
    return here.page(
        "overview.html", heaviest=visit.statements[:_MOST_STATEMENTS], **values(visit.checkup, here.language)
    )


HANDLERS = (databases, overview)
