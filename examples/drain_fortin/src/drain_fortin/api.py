"""The service over HTTP: REST, the webhook of the voice assistant, and the dashboard as a page."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, get, patch, post
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Dependency, Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_422_UNPROCESSABLE_ENTITY

from drain_fortin import nouns, page, webhook
from drain_fortin.clock import Clock
from drain_fortin.desk import Desk, Reads

FIGURES_SECONDS = 5.0
"""How old figures may be, and lists that change some times a day."""
LIST_SECONDS = 1.0
"""How old the newest calls and the leads of a status may be. What is asked of one call or customer is of the moment."""
_ON_THE_PAGE = 100

Answers = Annotated[Desk, Dependency(skip_validation=True)]
"""The desk of this request."""
Phone = Annotated[str, Parameter(query="phone", min_length=3, max_length=20)]
Since = Annotated[datetime | None, Parameter(query="since")]
Until = Annotated[datetime | None, Parameter(query="until")]
Status = Annotated[str, Parameter(query="status", max_length=20)]


def _gives(kind: Any) -> dict[int, ResponseSpec]:
    """What a handler that answers with ready bytes tells of them."""
    return {HTTP_200_OK: ResponseSpec(kind, generate_examples=False, description="What was asked for.")}


async def _listed(
    desk: Desk, key: str, ask: Callable[[Reads], Awaitable[object]], seconds: float = LIST_SECONDS
) -> Response[bytes]:
    """What ``ask`` gives, as JSON that is written once however many ask for it."""

    async def written(reads: Reads) -> bytes:
        return msgspec.json.encode(await ask(reads))

    return Response(await desk.kept(key, seconds, written), media_type=MediaType.JSON)


class Change(msgspec.Struct, frozen=True):
    """How far a prospect is now, and whose it is."""

    status: Annotated[str, msgspec.Meta(pattern="^(new|contacted|qualified|converted|lost)$")]
    assigned_to: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class Imported(msgspec.Struct, frozen=True):
    """How many calls were kept."""

    calls: int


@get("/", media_type="text/html", include_in_schema=False)
async def dashboard_page(desk: Answers, clock: Clock) -> Response[bytes]:
    """The dashboard, with the newest calls and what came of them."""
    now = clock.now()

    async def figures(reads: Reads) -> bytes:
        return page.figures(await reads.dashboard(now))

    async def newest(reads: Reads) -> bytes:
        return page.newest(await reads.newest_with_leads(_ON_THE_PAGE))

    document = page.filled(
        await desk.kept(f"page {now:%Y-%m-%dT%H:%M}", FIGURES_SECONDS, figures),
        await desk.kept("page newest", LIST_SECONDS, newest),
    )
    return Response(document, headers=page.HEADERS)


@get("/calls-of-a-number", media_type="text/html", include_in_schema=False)
async def phone_page(desk: Answers, phone: Phone) -> Response[bytes]:
    """All calls of a phone number."""
    return Response(page.history(phone, await desk.history_of(phone)), headers=page.HEADERS)


@get("/api/dashboard", responses=_gives(nouns.Dashboard))
async def dashboard(desk: Answers, clock: Clock) -> Response[bytes]:
    """Everything that the dashboard counts."""
    now = clock.now()
    return await _listed(desk, f"dashboard {now:%Y-%m-%dT%H:%M}", lambda reads: reads.dashboard(now), FIGURES_SECONDS)


@get("/api/calls/newest", responses=_gives(list[nouns.CallWithLead]))
async def newest_calls(desk: Answers, count: Annotated[int, Parameter(ge=1, le=100)] = 20) -> Response[bytes]:
    """The newest calls with their prospects."""
    return await _listed(desk, f"newest {count}", lambda reads: reads.newest_with_leads(count))


@get("/api/calls")
async def calls_of_phone(desk: Answers, phone: Phone) -> list[nouns.CallOfPhone]:
    """The twenty newest calls of a phone number."""
    return await desk.calls_of(phone)


@get("/api/calls/history")
async def history_of_phone(desk: Answers, phone: Phone) -> list[nouns.PastCall]:
    """All calls of a phone number."""
    return await desk.history_of(phone)


@get("/api/calls/search")
async def search(
    desk: Answers,
    phone: Annotated[str | None, Parameter(query="phone", max_length=20)] = None,
    status: Annotated[str | None, Parameter(query="status", max_length=20)] = None,
    since: Since = None,
    until: Until = None,
) -> list[nouns.Call]:
    """The fifty newest calls that fit all that is given."""
    return await desk.search(phone, status, since, until)


@get("/api/calls/escalated", responses=_gives(list[nouns.Escalation]))
async def escalations(desk: Answers) -> Response[bytes]:
    """Calls that a person had to take over."""
    return await _listed(desk, "escalations", lambda reads: reads.escalations(), FIGURES_SECONDS)


@get("/api/calls/{call_id:str}/log")
async def log_of_call(desk: Answers, call_id: str) -> list[nouns.LogEntry]:
    """What happened in a call."""
    return await desk.log_of(call_id)


@post("/api/calls/import", status_code=HTTP_200_OK)
async def import_calls(desk: Answers, data: list[nouns.ImportedCall]) -> Imported:
    """Keep the calls of the telephone company's nightly file."""
    return Imported(await desk.import_calls(data))


@get("/api/leads", responses=_gives(list[nouns.Lead]))
async def leads(desk: Answers, clock: Clock, status: Status = "new", since: Since = None) -> Response[bytes]:
    """Prospects that are so far; of the last week where no day is given."""
    begin = since or clock.now() - timedelta(days=7)
    return await _listed(desk, f"leads {begin.isoformat()} {status}", lambda reads: reads.leads(status, begin))


@patch("/api/leads/{lead:uuid}")
async def change_lead(desk: Answers, lead: UUID, data: Change) -> nouns.LeadState:
    """Say how far a prospect is. Whoever did will see it in what they read next."""
    state = await desk.change_lead(lead, data.status, data.assigned_to)
    if state is None:
        raise NotFoundException(detail=f"There is no lead {lead}.")
    return state


@get("/api/appointments/{day:date}", responses=_gives(list[nouns.AppointmentOfDay]))
async def appointments_of_day(desk: Answers, day: date) -> Response[bytes]:
    """Visits of a day that wait for their confirmation."""
    return await _listed(desk, f"appointments {day}", lambda reads: reads.appointments_on(day), FIGURES_SECONDS)


@get("/api/appointments")
async def appointments_of_customer(
    desk: Answers, clock: Clock, phone: Phone, since: Annotated[date | None, Parameter(query="since")] = None
) -> list[nouns.AppointmentOfCustomer]:
    """Visits of a customer; from today on where no day is given."""
    return await desk.appointments_of(phone, since or clock.now().date())


@get("/api/events", responses=_gives(list[nouns.EventCount]))
async def events(desk: Answers, clock: Clock, since: Since = None, until: Until = None) -> Response[bytes]:
    """How often what happened; in the last week where no times are given."""
    end = until or clock.now()
    begin = since or end - timedelta(days=7)
    return await _listed(
        desk, f"events {begin.isoformat()} {end.isoformat()}", lambda reads: reads.events(begin, end), FIGURES_SECONDS
    )


@post("/webhook/vapi", status_code=HTTP_204_NO_CONTENT)
async def vapi(request: Request[Any, Any, Any], desk: Answers, webhook_secret: str) -> None:
    """Events of the voice assistant, which sends the secret that it was told along."""
    if not hmac.compare_digest(request.headers.get("x-vapi-secret", "").encode(), webhook_secret.encode()):
        raise NotAuthorizedException(detail="The secret of the webhook is another one.")
    try:
        event = webhook.event_of(await request.body())
    except msgspec.DecodeError as error:
        raise HTTPException(status_code=HTTP_422_UNPROCESSABLE_ENTITY, detail=str(error)) from error
    if event is not None:
        await webhook.take_in(event, desk)


HANDLERS = (
    dashboard_page, phone_page, dashboard, newest_calls, calls_of_phone, history_of_phone, search, escalations,
    log_of_call, import_calls, leads, change_lead, appointments_of_day, appointments_of_customer, events, vapi,
)  # fmt: skip
