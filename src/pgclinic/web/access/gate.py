"""The gate before every page: which host was asked, from where, and by whom."""

import hashlib
import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from pgclinic.web.access.policy import Policy
from pgclinic.web.access.sessions import Sessions
from pgclinic.web.access.visitor import Visitor

OPEN_PATHS = ("/enter", "/static/", "/favicon.ico")
"""What is shown to strangers: where a token is given, and what that page looks like."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_YEAR = 31_536_000


def cookie_name(policy: Policy) -> str:
    """The name that browsers let nobody but this very host set, where there is TLS."""
    return "__Host-pgclinic" if policy.is_secure else "pgclinic"


class Gate:
    """Answers for the application whatever must not reach it, and tells it in ``scope["visitor"]`` who is asking."""

    def __init__(self, app: ASGIApp, policy: Policy, sessions: Sessions) -> None:
        self._app, self._policy, self._sessions = app, policy, sessions
        self._secret = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI wants it."""
        kind = str(scope["type"])
        if kind == "lifespan":
            await self._app(scope, receive, send)
            return
        if kind != "http":
            return  # there are no web sockets here, and one that is not accepted is closed

        async def armoured(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                more = [(name.encode(), value.encode()) for name, value in self._headers(scope["path"]).items()]
                message["headers"] = [*message["headers"], *(pair for pair in more if pair[0] not in known)]
            await send(message)

        headers, method = _Headers(scope), str(scope.get("method"))
        status, words = self._objection(scope, headers)
        if not status:
            visitor = self._visitor(headers)
            scope["visitor"] = visitor  # type: ignore[typeddict-unknown-key]
            if visitor is not None or _is_open(scope["path"]):
                if not self._is_forged(method, visitor, headers):
                    await self._app(scope, receive, armoured)
                    return
                status, words = 403, "A write has to come from a page of this server."
            elif method == "GET" and not scope["path"].startswith("/api"):
                await _answer(armoured, 303, "", [(b"location", b"/enter")])
                return
            else:
                status, words = 401, "Come in by the address that pgclinic printed, or send its token as a bearer."
        await _answer(armoured, status, words, [])

    def _objection(self, scope: Scope, headers: "_Headers") -> tuple[int, str]:
        """Why a request is answered nothing: a name that is not ours (DNS rebinding), or a page that is not."""
        if self._policy.trust_header and not self._policy.is_proxy(_sender(scope)):
            return 403, "This server is asked through its proxy only."
        if headers.all("host") not in ([host] for host in self._policy.hosts):
            return 421, "This server does not go by that name; see --allow-host."
        origins = headers.all("origin")
        if any(origin not in self._policy.origins for origin in origins):
            return 403, "That page is none of this server's."
        return 0, ""

    def _visitor(self, headers: "_Headers") -> Visitor | None:
        if self._policy.trust_header:
            names = headers.all(self._policy.trust_header.lower())
            if len(names) != 1 or not names[0].strip():
                return None
            name = names[0].strip()
            session = hmac.new(self._secret, name.encode(), hashlib.sha256).digest()
            return Visitor(role=self._policy.role_of_user(name), name=name, session=session)
        scheme, _, token = (headers.all("authorization") or [""])[0].partition(" ")
        if scheme.lower() == "bearer":
            role = self._policy.role_of(token.strip())
            return Visitor(role=role) if role is not None else None
        cookie = _cookie(headers, cookie_name(self._policy))
        return self._sessions.visitor_of(cookie) if cookie else None

    @staticmethod
    def _is_forged(method: str, visitor: Visitor | None, headers: "_Headers") -> bool:
        """Browsers say where a write comes from; one that does not say is no browser, and brings its own token."""
        if method in _SAFE or (visitor is not None and visitor.is_bearer):
            return False
        return not headers.all("origin") or headers.all("sec-fetch-site") not in ([], ["same-origin"])

    def _headers(self, path: str) -> dict[str, str]:
        found = dict(_HEADERS)
        if not path.startswith("/static/"):
            found["cache-control"] = "no-store"
        if self._policy.is_secure:
            found["strict-transport-security"] = f"max-age={_YEAR}"
        return found


class _Headers:
    """A request's headers, each with every value that was sent."""

    def __init__(self, scope: Scope) -> None:
        self._pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]

    def all(self, name: str) -> list[str]:
        return [value for each, value in self._pairs if each == name]


def _sender(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _is_open(path: str) -> bool:
    return any(path == each or (each.endswith("/") and path.startswith(each)) for each in OPEN_PATHS)


def _cookie(headers: _Headers, name: str) -> str:
    try:
        found = SimpleCookie("; ".join(headers.all("cookie"))).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def _answer(send: Send, status: int, words: str, headers: list[tuple[bytes, bytes]]) -> None:
    body = f"{words}\n".encode() if words else b""
    start = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body, "more_body": False})
