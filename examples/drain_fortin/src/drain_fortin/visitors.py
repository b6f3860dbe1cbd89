"""Visitors see what they wrote: a signed cookie says how far the servers must be that answer them."""

from http.cookies import CookieError, SimpleCookie

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from pgclinic_runtime.routing import AsyncRouter

COOKIE = "drain_fortin_seen"


def visitors(app: ASGIApp, router: AsyncRouter, key: bytes) -> ASGIApp:
    """``app`` with a session of the router around each request, which the visitor's cookie carries on."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        had = _cookie(scope)
        with router.session(had, key=key) as session:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    has = session.cookie(key)
                    if has is not None and has != had:
                        cookie = f"{COOKIE}={has}; Path=/; HttpOnly; SameSite=Lax"
                        message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
                await send(message)

            await app(scope, receive, told)

    return served


def _cookie(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return None
            return found.value if found else None
    return None
