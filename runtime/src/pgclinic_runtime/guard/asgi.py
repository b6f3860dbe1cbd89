"""Starlette's and FastAPI's part: each HTTP request is watched, and its statements carry its route."""

from collections.abc import Mapping

from pgclinic_runtime.guard.tags import tagged
from pgclinic_runtime.guard.watching import LIMIT, Act, warn, watched
from pgclinic_runtime.loader.asgi import App, Receive, Scope, Send


class GuardMiddleware:
    """Watches each request: more than ``limit`` of one statement from one line go to ``act`` after the answer."""

    def __init__(
        self,
        app: App,
        *,
        limit: int = LIMIT,
        act: Act = warn,
        framework: str = "starlette",
        with_trace: bool = False,
    ) -> None:
        self._app = app
        self._limit = limit
        self._act = act
        self._framework = framework
        self._with_trace = with_trace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        def tags() -> Mapping[str, str | None]:
            return {"framework": self._framework, "route": _route(scope)}

        with watched(self._limit, self._act), tagged(tags, with_trace=self._with_trace):
            await self._app(scope, receive, send)


def _route(scope: Scope) -> str | None:
    """The route's template, never the path itself: a comment for each number would be a statement for each."""
    path = getattr(scope.get("route"), "path", None)
    if path is not None:
        return str(path)
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return None
    return f"{endpoint.__module__}.{getattr(endpoint, '__qualname__', type(endpoint).__qualname__)}"
