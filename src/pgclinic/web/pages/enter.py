"""Coming in with the token, and leaving."""

import math

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from pgclinic.web.access.gate import cookie_name
from pgclinic.web.access.sessions import LONGEST_SECONDS
from pgclinic.web.here import HereNow


@get("/enter", include_in_schema=False, sync_to_thread=False)
def enter(here: HereNow, token: FromQuery[str] = "") -> Response[str] | Redirect:
    """The address that pgclinic prints has the token in it; without one it can be typed."""
    return _let_in(here, token) if token else here.page("enter.html", wait=0, is_wrong=False)


@post("/enter", include_in_schema=False, sync_to_thread=False)
def enter_by_form(here: HereNow, data: URLEncodedBody[dict[str, str]]) -> Response[str] | Redirect:
    """The token as it was typed."""
    return _let_in(here, data.get("token", "").strip())


@post("/leave", include_in_schema=False, sync_to_thread=False)
def leave(here: HereNow) -> Redirect:
    """End the session."""
    name = cookie_name(here.site.policy)
    here.site.sessions.end(here.request.cookies.get(name, ""))
    answer = Redirect("/enter", status_code=303)
    answer.delete_cookie(name, path="/")
    return answer


def _let_in(here: HereNow, token: str) -> Response[str] | Redirect:
    site = here.site
    sender = here.request.client.host if here.request.client else ""
    wait = site.attempts.wait_seconds(sender)
    if wait > 0:
        answer = here.page("enter.html", status=429, wait=math.ceil(wait), is_wrong=False)
        answer.headers["retry-after"] = str(math.ceil(wait))
        return answer
    role = site.policy.role_of(token)
    if role is None:
        site.attempts.failed(sender)
        return here.page("enter.html", status=403, wait=0, is_wrong=True)
    cookie = Cookie(
        key=cookie_name(site.policy),
        value=site.sessions.begin(role),
        path="/",
        max_age=LONGEST_SECONDS,
        httponly=True,
        samesite="strict",
        secure=site.policy.is_secure,
    )
    return Redirect("/", status_code=303, cookies=[cookie])


HANDLERS = (enter, enter_by_form, leave)
