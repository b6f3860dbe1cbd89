"""One loader for each HTTP request of Starlette, FastAPI and whatever else speaks ASGI."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import psycopg

from pgclinic_runtime.loader.async_loader import AsyncLoader

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
ConnectFor = Callable[[Scope], AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]]

_NAME = "pgclinic_loader"


class LoaderMiddleware:
    """Puts a new ``AsyncLoader`` into each request; ``loader_of(request)`` finds it.

    ``connect`` gets the request's ASGI scope, so that it can act for the request's user; websockets, whose answers
    would grow old, make loaders of their own. Nothing connects before something is loaded.
    """

    def __init__(self, app: App, connect: ConnectFor, *, most_keys: int = 1000) -> None:
        self._app = app
        self._connect = connect
        self._most_keys = most_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            loader = AsyncLoader(lambda: self._connect(scope), most_keys=self._most_keys)
            # A new mapping: Starlette's lifespan state is shared between requests.
            scope = {**scope, "state": {**scope.get("state", {}), _NAME: loader}}
        await self._app(scope, receive, send)


class HasScope(Protocol):
    """Starlette's and FastAPI's Request."""

    @property
    def scope(self) -> Scope:
        """The request's ASGI scope."""
        ...


def loader_of(request: HasScope) -> AsyncLoader:
    """The request's loader; for FastAPI, in a dependency that takes a ``Request``.

    Raises:
        LookupError: the middleware is not installed.
    """
    loader = request.scope.get("state", {}).get(_NAME)
    if loader is None:
        raise LookupError("no loader in this request: add LoaderMiddleware to the application")
    assert isinstance(loader, AsyncLoader)
    return loader
