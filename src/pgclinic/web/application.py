"""The application: pages and API behind the gate."""

import logging
from typing import Any

from litestar import Litestar, MediaType, Request, Response
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.status_codes import HTTP_400_BAD_REQUEST
from litestar.types import ASGIApp

from pgclinic import __version__
from pgclinic.model.errors import UserError
from pgclinic.report.language import LANGUAGES
from pgclinic.web import api, pages
from pgclinic.web.access import csrf
from pgclinic.web.access.gate import Gate
from pgclinic.web.here import Here, make_ready
from pgclinic.web.site import Site

_LOG = logging.getLogger(__name__)
_LARGEST_BODY = 1 << 20
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SERVER_ERROR = 500


def application(site: Site) -> ASGIApp:
    """The site as an ASGI application."""

    def here(request: Request[Any, Any, Any]) -> Here:
        found = Here(site, request)
        found.demand_moment()
        return found

    async def demand_our_page(request: Request[Any, Any, Any]) -> None:
        """Whoever writes with a cookie shows that a page of ours told them how; scripts bring the token itself."""
        if request.method in _SAFE:
            return
        asking = Here(site, request)
        if asking.visitor.is_bearer:
            return
        token = request.headers.get(csrf.HEADER, "")
        if not token and "form" in request.headers.get("content-type", ""):
            token = str((await request.form()).get(csrf.FIELD, ""))
        if not csrf.is_genuine(token, asking.visitor):
            raise PermissionDeniedException("This page is too old to be written from; load it again.")

    inner = Litestar(
        route_handlers=[*pages.handlers(), *api.handlers()],
        dependencies={"here": Provide(here, sync_to_thread=False)},
        before_request=demand_our_page,
        exception_handlers={UserError: _refused, HTTPException: _refused, Exception: _broken, **_of_store(site)},
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=6, exclude="^/static/"),
        openapi_config=OpenAPIConfig(
            title="pgclinic",
            version=__version__,
            path="/api",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        request_max_body_size=_LARGEST_BODY,
        logging_config=None,  # it would turn on the messages of every library of this process
        on_shutdown=[site.jobs.close],
    )
    inner.state.site = site
    make_ready(site.lang or LANGUAGES[0])
    return Gate(inner, site.policy, site.sessions)


def _refused(
    request: Request[Any, Any, Any], error: UserError | HTTPException, code: int = HTTP_400_BAD_REQUEST
) -> Response[Any]:
    """What cannot be, in one sentence: as a page for people, as JSON for programs."""
    status, words = (error.status_code, error.detail) if isinstance(error, HTTPException) else (code, str(error))
    headers = (error.headers or {}) if isinstance(error, HTTPException) else {}
    if status >= _SERVER_ERROR and isinstance(error, HTTPException):
        words = "Something went wrong here; the server's log has the reason."
    if request.url.path.startswith("/api"):
        content = {"status_code": status, "detail": words}
        return Response(content, media_type=MediaType.JSON, status_code=status, headers=headers)
    answer = Here(request.app.state.site, request).page("refused.html", status=status, words=words)
    answer.headers.update(headers)
    return answer


def _of_store(site: Site) -> dict[int | type[Exception], Any]:
    """What is said while a history store cannot be read; a snapshot is served without what watching needs."""
    if all(each.past is None for each in site.databases.values()):
        return {}
    from pgclinic.watch.writing import StoreError  # noqa: PLC0415

    def unread(request: Request[Any, Any, Any], error: StoreError) -> Response[Any]:
        _LOG.warning("The history store cannot be read: %s", error)
        return _refused(request, UserError("The history store cannot be read now; try again in a while."), 503)

    return {StoreError: unread}


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Our own mistake: the log has it, the page does not."""
    _LOG.error("%s %s", request.method, request.url.path, exc_info=error)
    return _refused(request, HTTPException(status_code=_SERVER_ERROR))
