"""What is prescribed: the plan for this database, each cure with what it is planned to gain."""

from litestar import Response, get, post
from litestar.response import Redirect

from pgclinic.report.application_words import groups, times_words
from pgclinic.report.course_words import best_words
from pgclinic.report.planning_words import planner_words
from pgclinic.verbs.prescribe import prescribe
from pgclinic.web.here import HereNow
from pgclinic.web.jobs import Job
from pgclinic.web.treating import measured


@get("/databases/{key:str}/prescriptions", include_in_schema=False, sync_to_thread=True)
def prescriptions(here: HereNow) -> Response[str]:
    """The plan, or the button that has it written."""
    course, job = here.visit.course, here.site.jobs.of(here.key)
    if course is None:
        return here.page("prescriptions.html", visit=here.visit, course=None, job=job.report if job else None)
    return here.page(
        "prescriptions.html",
        visit=here.visit,
        course=course,
        job=job.report if job else None,
        plan=list(groups(course.prescriptions)),
        numbers={item.fingerprint: number for number, item in enumerate(course.prescriptions, start=1)},
        total=times_words(course),
        best=best_words(course.workload),
        planner=planner_words(course.workload.planned_by) if course.workload.planned_by else "",
        measured=measured(here),
        size=sum(item.size_bytes for item in course.prescriptions),
    )


@post("/databases/{key:str}/prescriptions/write", include_in_schema=False, sync_to_thread=True)
def write_prescriptions(here: HereNow) -> Redirect:
    """Have the plan written on the twin; nothing is changed by it."""
    return Redirect(f"/jobs/{begin_writing(here).id}", status_code=303)


def begin_writing(here: HereNow) -> Job:
    """Start the job. Raises UserError while another one of this database is under way."""
    visit = here.visit

    def keep(course: object) -> None:
        visit.course = course  # type: ignore[assignment]  # what prescribe returns

    return here.site.jobs.begin(
        prescribe(visit.demand_snapshot()),
        title=here.language.say("Writing the prescription"),
        database=here.key,
        then=here.link("prescriptions"),
        keep=keep,
    )


HANDLERS = (prescriptions, write_prescriptions)
