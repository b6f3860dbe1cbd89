"""The databases, and one of them at a glance."""

from litestar import Response, get, post
from litestar.response import Redirect

from pgclinic.web.here import HereNow
from pgclinic.web.now import alerts_everywhere, alerts_of, grades_of, kpis_of
from pgclinic.web.pages.alerts import words_of_alerts
from pgclinic.web.watched import WORDS, begin_examining

_MOST_STATEMENTS = 5


@get("/", include_in_schema=False, sync_to_thread=True)
def databases(here: HereNow) -> Response[str] | Redirect:
    """Every database with its grade; the only one at once."""
    if len(here.site.databases) == 1:
        return Redirect(f"/databases/{next(iter(here.site.databases))}/", status_code=303)
    watched = [each for each in here.site.databases.values() if each.past]
    return here.page(
        "databases.html",
        is_watched=bool(watched),
        names={each.past.target: each.name for each in watched if each.past},
        **words_of_alerts(here, alerts_everywhere(here)),
    )


@get("/databases/{key:str}/", include_in_schema=False, sync_to_thread=True)
def overview(here: HereNow) -> Response[str]:
    """Grade, key figures, what to do first, where the time goes."""
    if here.database.latest() is None and not here.at:
        job = here.site.jobs.of(here.key)
        return here.page("unseen.html", job=job.report if job else None)
    return here.page(
        "overview.html",
        heaviest=here.statements[:_MOST_STATEMENTS],
        kpis=kpis_of(here),
        grades=grades_of(here),
        **words_of_alerts(here, alerts_of(here)),
        **here.told,
    )


@post("/databases/{key:str}/examine", include_in_schema=False, sync_to_thread=True)
def examine_anew(here: HereNow) -> Redirect:
    """Visit the database now; it reads only."""
    return Redirect(f"/jobs/{begin_examining(here.site, here.key, here.language.say(WORDS)).id}", status_code=303)


HANDLERS = (databases, overview, examine_anew)
