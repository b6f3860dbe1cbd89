"""Django's part: a wrapper around each statement, and a middleware that watches each request."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from pgclinic_runtime.guard.tags import comment_for, tagged
from pgclinic_runtime.guard.watching import LIMIT, sent, watched

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def execute_wrapper(execute: Execute, statement: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: ANN401, FBT001 - Django calls it so
    """Count and tag a statement: for ``connection.execute_wrapper``, which the middleware does for you."""
    sent(statement)
    comment = comment_for(statement)
    if params is not None:
        comment = comment.replace("%", "%%")
    return execute(statement + comment, params, many, context)


class GuardMiddleware:
    """Watches each request: ``MIDDLEWARE = ["pgclinic_runtime.guard.django.GuardMiddleware", …]``.

    ``settings.PGCLINIC_STATEMENT_LIMIT`` is how often one line may send a statement; in production, where warnings
    are silent, only spans and comments speak.
    """

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from django.conf import settings  # noqa: PLC0415 - an extra

        self._get_response = get_response
        self._limit: int = getattr(settings, "PGCLINIC_STATEMENT_LIMIT", LIMIT)

    def __call__(self, request: Any) -> Any:  # noqa: ANN401 - Django's
        """Serve a request."""
        from django.db import connections  # noqa: PLC0415 - an extra

        def tags() -> dict[str, str | None]:
            match = request.resolver_match
            return {"framework": "django", "route": match.route if match else None}

        with watched(self._limit), tagged(tags), ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(execute_wrapper))
            return self._get_response(request)
