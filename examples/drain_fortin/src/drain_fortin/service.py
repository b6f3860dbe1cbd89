"""The service put together: which desk answers, what HTTP it speaks, and how long its parts live."""

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.logging import LoggingConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.status_codes import HTTP_503_SERVICE_UNAVAILABLE
from litestar.types import ASGIApp
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from drain_fortin.api import HANDLERS
from drain_fortin.clock import Clock
from drain_fortin.cured import Practice
from drain_fortin.desk import Desk
from drain_fortin.graph import Graph
from drain_fortin.neglected import neglected_desk
from drain_fortin.settings import Settings, settings_from
from drain_fortin.statements import written
from drain_fortin.visitors import visitors

_RETRY_AFTER_SECONDS = 2
_log = logging.getLogger(__name__)

OpenDesk = Callable[[], AbstractAsyncContextManager[Desk]]
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
Middleware = Callable[[ASGIApp], ASGIApp]


def service(settings: Settings) -> Litestar:
    """The application of either kind."""
    if settings.desk == "neglected":
        return _service(settings, partial(neglected_desk, settings.database, written()))
    practice = Practice(settings)
    middleware = partial(visitors, router=practice.router, key=settings.cookie_key.encode())
    return _service(settings, practice.desk, lifespan=[practice.running], middleware=[middleware])


def from_environment() -> Litestar:
    """The application as the environment wants it: uvicorn's factory, called in each worker."""
    return service(settings_from())


def _service(
    settings: Settings, open_desk: OpenDesk, *, lifespan: Sequence[Lifespan] = (), middleware: Sequence[Middleware] = ()
) -> Litestar:
    async def desk() -> AsyncGenerator[Desk, None]:
        async with open_desk() as each:
            yield each

    return Litestar(
        route_handlers=[*HANDLERS, Graph],
        dependencies={
            "desk": Provide(desk),
            "clock": Provide(lambda: Clock(settings.now), sync_to_thread=False, use_cache=True),
            "webhook_secret": Provide(lambda: settings.webhook_secret, sync_to_thread=False, use_cache=True),
        },
        exception_handlers={OperationalError: _come_again},
        lifespan=list(lifespan),
        middleware=list(middleware),
        openapi_config=OpenAPIConfig(title="Drain Fortin", version="0.1.0", render_plugins=[JsonRenderPlugin()]),
        # Of overload one line is enough: a traceback for each request would be load itself.
        logging_config=LoggingConfig(log_exceptions="always", disable_stack_trace={OperationalError, PoolTimeout}),
    )


def _come_again(_: Request[Any, Any, Any], error: OperationalError) -> Response[dict[str, Any]]:
    """The database is away or has no connection left: nothing is wrong with the request, nor with this program."""
    _log.warning("a request is to come again: %s", error)
    detail = {"status_code": HTTP_503_SERVICE_UNAVAILABLE, "detail": "The service is busy; try again in a moment."}
    return Response(
        detail, status_code=HTTP_503_SERVICE_UNAVAILABLE, headers={"retry-after": str(_RETRY_AFTER_SECONDS)}
    )
