"""Choosing the language."""

from litestar import get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from pgclinic.report.language import LANGUAGES
from pgclinic.web.here import LANGUAGE_COOKIE, HereNow

_YEAR = 31_536_000


@get("/language/{code:str}", include_in_schema=False, sync_to_thread=False)
def choose_language(here: HereNow, code: FromPath[str], back: FromQuery[str] = "/") -> Redirect:
    """Keep the choice in a cookie and go back to the page, which must be one of ours."""
    if code not in LANGUAGES:
        raise NotFoundException("There is no such language here.")
    is_ours = back.startswith("/") and not back.startswith("//") and back.isprintable() and "\\" not in back
    cookie = Cookie(
        key=LANGUAGE_COOKIE,
        value=code,
        path="/",
        max_age=_YEAR,
        httponly=True,
        samesite="strict",
        secure=here.site.policy.is_secure,
    )
    return Redirect(back if is_ours else "/", status_code=303, cookies=[cookie])


HANDLERS = (choose_language,)
