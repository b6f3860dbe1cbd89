"""Who is let in, from where, and what they may not do."""

import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pgclinic.model.errors import UserError
from pgclinic.web.access import csrf
from pgclinic.web.access.attempts import Attempts
from pgclinic.web.access.sessions import LONGEST_SECONDS, Sessions
from pgclinic.web.access.visitor import Role
from pgclinic.web.serving import Listening, opened, place

PAGES = ("", "statements", "tables", "findings", "prescriptions", "whatif")


def test_a_stranger_sees_nothing_but_the_door(dashboard: Any) -> None:
    with httpx.Client(base_url=dashboard.origin) as stranger:
        for path in ("/", *(f"/databases/fortin/{page}" for page in PAGES), "/jobs/x"):
            answer = stranger.get(path)
            assert (answer.status_code, answer.headers["location"], answer.text) == (303, "/enter", "")
        for path in ("/api/databases", "/api/openapi.json", "/api/databases/fortin/checkup"):
            assert stranger.get(path).status_code == 401
        assert stranger.post("/api/databases/fortin/whatif", json={}).status_code in {401, 403}
        assert "fortin" not in stranger.get("/enter").text


def test_the_token_becomes_a_cookie_that_no_script_and_no_other_site_gets(dashboard: Any) -> None:
    with httpx.Client(base_url=dashboard.origin) as browser:
        answer = browser.get(dashboard.address())
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert dashboard.token() not in cookie
        assert answer.headers["location"] == "/"
        assert browser.get("/databases/fortin/").status_code == 200


def test_leaving_ends_the_session(dashboard: Any) -> None:
    with dashboard.browser() as browser:
        page = browser.get("/databases/fortin/").text
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        cookie = dict(browser.cookies)
        assert browser.post("/leave", data={"csrf": token}, headers={"origin": dashboard.origin}).status_code == 200
        with httpx.Client(base_url=dashboard.origin, cookies=cookie) as thief:
            assert thief.get("/databases/fortin/").status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", ""])
def test_a_name_that_is_not_ours_is_not_answered(dashboard: Any, host: str) -> None:
    """DNS rebinding: a foreign page that makes its name point here is still asked for by its name."""
    with dashboard.script() as script:
        answer = script.get("/api/databases", headers={"host": host})
    assert answer.status_code in {400, 421}
    assert "fortin" not in answer.text


def test_two_hosts_are_not_one_that_is_ours(dashboard: Any) -> None:
    with socket.create_connection(dashboard.door.socket.getsockname()) as raw:
        ours = dashboard.origin.removeprefix("http://")
        raw.sendall(f"GET /enter HTTP/1.1\r\nHost: {ours}\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(100).startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_page_of_somebody_else_gets_no_answer(dashboard: Any, origin: str) -> None:
    with dashboard.browser() as browser:
        for method in ("GET", "POST"):
            answer = browser.request(method, "/databases/fortin/whatif", headers={"origin": origin})
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers


def test_a_write_needs_the_page_it_comes_from(dashboard: Any) -> None:
    with dashboard.browser() as browser, dashboard.browser() as other:
        form = {"ddl": "create index on leads (name)"}
        path, ours = "/databases/fortin/whatif/answer", {"origin": dashboard.origin}
        assert browser.post(path, data=form).status_code == 403
        assert browser.post(path, data=form, headers=ours).status_code == 403
        theirs = other.get("/databases/fortin/whatif").text.partition('"x-csrf-token": "')[2].partition('"')[0]
        assert browser.post(path, data={**form, "csrf": theirs}, headers=ours).status_code == 403
        cross = {**ours, "sec-fetch-site": "cross-site"}
        assert browser.post(path, data=form, headers=cross).status_code == 403


def test_tokens_of_pages_differ_and_are_all_genuine(dashboard: Any) -> None:
    cookie = dashboard.site.sessions.begin(Role.VIEWER)
    visitor = dashboard.site.sessions.visitor_of(cookie)
    first, second = csrf.token_for(visitor), csrf.token_for(visitor)
    assert first != second
    assert csrf.is_genuine(first, visitor)
    assert csrf.is_genuine(second, visitor)
    for wrong in ("", "x", first[:-4] + "AAAA", "é"):
        assert not csrf.is_genuine(wrong, visitor)


def test_guessing_tokens_is_slowed_down(
    seen: Any, serving: Callable[..., Any], database_of: Callable[..., Any]
) -> None:
    dashboard = serving(database_of(seen))
    with httpx.Client(base_url=dashboard.origin) as guesser:
        answers = [guesser.get("/enter", params={"token": f"wrong{number}"}) for number in range(6)]
        assert [answer.status_code for answer in answers] == [403] * 5 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert guesser.get(dashboard.address()).status_code == 429
        assert guesser.post("/enter", data={"token": "x"}, headers={"origin": dashboard.origin}).status_code == 429


def test_attempts_are_forgotten_in_time() -> None:
    now = [0.0]
    attempts = Attempts(each=2, all_together=3, seconds=10, clock=lambda: now[0])
    for sender in ("a", "a", "b"):
        assert not attempts.wait_seconds(sender)
        attempts.failed(sender)
    assert attempts.wait_seconds("a") == 10
    assert attempts.wait_seconds("c") == 10
    now[0] = 10.5
    assert not attempts.wait_seconds("a")


def test_sessions_end_by_themselves() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    cookie = sessions.begin(Role.OPERATOR)
    assert sessions.visitor_of(cookie).role is Role.OPERATOR  # type: ignore[union-attr]
    assert sessions.visitor_of("x" + cookie) is None
    now[0] = LONGEST_SECONDS + 1
    assert sessions.visitor_of(cookie) is None


def test_nothing_of_the_answers_may_be_kept_framed_or_scripted(dashboard: Any) -> None:
    with dashboard.browser() as browser:
        for path in ("/databases/fortin/", "/nowhere", "/api/databases", "/enter", "/static/dashboard.css"):
            headers = browser.get(path).headers
            policy = headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert path.startswith("/static") or headers["cache-control"] == "no-store"
            assert "server" not in headers


def test_a_proxy_names_the_user_and_nobody_else_can(
    seen: Any, serving: Callable[..., Any], database_of: Callable[..., Any]
) -> None:
    names = {"trust_header": "X-Forwarded-User", "allow_hosts": ("pg.example.com",), "operators": ("ann",)}
    behind = serving(database_of(seen), proxies=("127.0.0.0/8",), may_treat=True, **names)
    with httpx.Client(base_url=behind.origin, headers={"host": "pg.example.com"}) as proxy:
        assert proxy.get("/databases/fortin/").status_code == 303
        page = proxy.get("/databases/fortin/", headers={"x-forwarded-user": "ann"})
        assert page.status_code == 200
        twice = [("host", "pg.example.com"), ("x-forwarded-user", "ann"), ("x-forwarded-user", "bob")]
        assert proxy.get("/databases/fortin/", headers=twice).status_code == 303
        assert behind.door.addresses == ()
        assert behind.site.policy.role_of_user("ann") is Role.OPERATOR
        assert behind.site.policy.role_of_user("bob") is Role.VIEWER
    elsewhere = serving(database_of(seen), proxies=("192.0.2.1",), **names)
    with httpx.Client(base_url=elsewhere.origin, headers={"host": "pg.example.com"}) as liar:
        assert liar.get("/databases/fortin/", headers={"x-forwarded-user": "ann"}).status_code == 403


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"host": "0.0.0.0"}, "identity proxy"),
        ({"host": "0.0.0.0", "trust_header": "X-User"}, "belong together"),
        ({"host": "0.0.0.0", "trust_header": "X-User", "proxies": ("10.0.0.1",)}, "--allow-host"),
        ({"proxies": ("10.0.0.1",)}, "belong together"),
        ({"trust_header": "X-User", "proxies": ("10.0.0",)}, "neither an address"),
        ({"tls_cert": "x"}, "belong together"),
    ],
)
def test_what_would_not_be_safe_is_not_begun(how: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        opened(Listening(port=0, **how))


def test_places_are_read_as_typed() -> None:
    assert place("127.0.0.1:9000") == ("127.0.0.1", 9000)
    assert place("localhost") == ("localhost", 8432)
    assert place(":80") == ("127.0.0.1", 80)
    assert place("[::1]:81") == ("::1", 81)
    for wrong in ("host:", "host:x", "host:70000"):
        with pytest.raises(UserError):
            place(wrong)
