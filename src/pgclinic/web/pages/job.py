"""How far a job is. Its page asks for itself anew each second, until the job is done."""

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from pgclinic.web.here import HereNow
from pgclinic.web.jobs import JobState


@get("/jobs/{number:str}", include_in_schema=False, sync_to_thread=False)
def job(here: HereNow, number: FromPath[str]) -> Response[str] | Redirect:
    """Where it stands; once it is done, the page that shows what came of it."""
    found = here.site.jobs.find(number)
    if found is None:
        raise NotFoundException("There is no such job; the server may have been started anew.")
    report = found.report
    if report.state is JobState.DONE:
        if "hx-request" in here.request.headers:
            return Response("", headers={"hx-redirect": report.then})
        return Redirect(report.then, status_code=303)
    return here.page("job.html", job=report, is_over=report.state is JobState.FAILED)


HANDLERS = (job,)
