"""The service put together: which desk answers, what HTTP it speaks, and how long its parts live."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

from litestar import Litestar
from litestar.di import Provide
from litestar.logging import LoggingConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp

from drain_fortin.api import HANDLERS
from drain_fortin.clock import Clock
from drain_fortin.cured import Practice
from drain_fortin.desk import Desk
from drain_fortin.graph import Graph
from drain_fortin.neglected import neglected_desk
from drain_fortin.settings import Settings
from drain_fortin.statements import written
from drain_fortin.visitors import visitors

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
        lifespan=list(lifespan),
        middleware=list(middleware),
        openapi_config=OpenAPIConfig(title="Drain Fortin", version="0.1.0", render_plugins=[JsonRenderPlugin()]),
        logging_config=LoggingConfig(log_exceptions="always"),
    )
