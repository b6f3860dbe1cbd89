"""Every page, as it is sent."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from pgclinic.model.counters import StatementCounters
from pgclinic.web.assets import assets

PAGES = ("", "statements", "tables", "findings", "prescriptions", "whatif")
HOSTILE = "select '<script>alert(1)</script><img src=x onerror=alert(1)>', '\x1b[31m\x07\u202e\x9b' /* {{ 7*7 }} */"
_LARGEST_FIRST_PAGE = 150_000


def hostile_statement(length: int = 1_000_000) -> StatementCounters:
    text = f"{HOSTILE} from leads where note = $1 or note in ({', '.join(['$1'] * (length // 4))})"
    return StatementCounters(queryid="1", role="<b>app</b>", text=text, calls=1000, total_ms=9e9, mean_ms=9e6)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_in_both_languages(dashboard: Any, page: str, lang: str) -> None:
    with dashboard.browser() as browser:
        answer = browser.get(f"/databases/fortin/{page}", headers={"accept-language": f"{lang}-CA,{lang};q=0.9"})
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert "Prescriptions" in answer.text
    assert ("Constats" in answer.text) == (lang == "fr")
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", answer.text)
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", answer.text)


def test_a_chosen_language_stays_and_leads_back_to_our_own_pages_only(dashboard: Any) -> None:
    with dashboard.browser() as browser:
        assert '<html lang="fr">' in browser.get("/language/fr?back=/databases/fortin/findings").text
        assert '<html lang="fr">' in browser.get("/databases/fortin/").text
        for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "/\n/evil.example"):
            answer = browser.get("/language/en", params={"back": elsewhere}, follow_redirects=False)
            assert answer.headers["location"] == "/"
        assert browser.get("/language/xx").status_code == 404


def test_statements_are_sorted_found_and_turned_over(dashboard: Any) -> None:
    with dashboard.browser() as browser, dashboard.script() as script:
        by_calls = script.get("/api/databases/fortin/statements?sort=calls").json()
        calls = [line["calls"] for line in by_calls["lines"]]
        assert calls == sorted(calls, reverse=True)
        page = browser.get("/databases/fortin/statements?sort=calls").text
        fingerprints = re.findall(r"/statements/([0-9a-f]{16})", page)
        assert fingerprints == [line["fingerprint"] for line in by_calls["lines"]]
        found = browser.get("/databases/fortin/statements?find=PHONE_number").text
        assert 0 < len(re.findall(r"<tr><td>", found)) < len(fingerprints)
        assert browser.get("/databases/fortin/statements?sort=nonsense&page=99").status_code == 200
        assert "Nothing is called so." in browser.get("/databases/fortin/statements?find=zzz").text


def test_what_is_not_there_is_said_in_one_sentence(dashboard: Any) -> None:
    with dashboard.browser() as browser:
        for path in ("/databases/nowhere/", "/databases/fortin/statements/0", "/jobs/0", "/nowhere", "/static/x"):
            answer = browser.get(path)
            assert answer.status_code == 404
            assert "Traceback" not in answer.text
        answer = browser.get("/databases/fortin/statements?page=x")
        assert answer.status_code == 400


def test_other_peoples_text_is_shown_and_does_nothing(
    seen: Any, serving: Callable[..., Any], database_of: Callable[..., Any]
) -> None:
    snapshot = msgspec.structs.replace(seen, statements=(hostile_statement(), *seen.statements))
    dashboard = serving(database_of(snapshot, "<script>alert(2)</script>"))
    with dashboard.browser() as browser:
        home = browser.get("/")
        address = str(home.url.path)
        fingerprint = re.findall(r"/statements/([0-9a-f]{16})", browser.get(f"{address}statements").text)[0]
        paths = ["", "statements", "findings", f"statements/{fingerprint}", f"whatif?statement={fingerprint}"]
        for path in paths:
            answer = browser.get(f"{address}{path}")
            assert answer.status_code == 200, path
            assert len(answer.content) < 500_000 or path.startswith("whatif")
            assert "<script>alert" not in answer.text
            assert "<img" not in answer.text
            assert "<b>app" not in answer.text
            assert not set("\x1b\x07\u202e\x9b") & set(answer.text)
        assert "&lt;script&gt;alert(1)" in browser.get(f"{address}statements/{fingerprint}").text
        whole = browser.get(f"{address}statements/{fingerprint}/text")
        assert whole.headers["content-type"].startswith("text/plain")
        assert len(whole.text) > 990_000
        assert not set("\x1b\x07\u202e\x9b") & set(whole.text)


def test_the_first_page_is_light_with_ten_thousand_statements(
    seen: Any, serving: Callable[..., Any], database_of: Callable[..., Any]
) -> None:
    """All that it loads, packed as it is sent."""
    many = tuple(
        StatementCounters(
            queryid=str(number),
            role="app",
            text=f"select column_{number} from leads where id = $1 and status = $2 -- {number}",
            calls=10_000 - number,
            total_ms=1e6 / (number + 1),
            mean_ms=1e6 / (number + 1) / (10_000 - number),
        )
        for number in range(10_000)
    )
    dashboard = serving(database_of(msgspec.structs.replace(seen, statements=many)))
    with dashboard.browser() as browser:
        for path in ("", "statements"):
            with browser.stream("GET", f"/databases/fortin/{path}", headers={"accept-encoding": "gzip"}) as answer:
                sent = b"".join(answer.iter_raw())
            page = gzip.decompress(sent).decode()
            loaded = re.findall(r'(?:src|href)="/static/([^"?]+)\?', page)
            assert len(loaded) > 3
            assert len(sent) + sum(len(assets()[name].packed) for name in loaded) < _LARGEST_FIRST_PAGE
        assert "1 to 50 of 10,000" in page


def test_what_pages_load_is_whole_and_may_be_kept(dashboard: Any) -> None:
    with httpx.Client(base_url=dashboard.origin) as client:
        for name in ("htmx.min.js", "uplot.min.js", "uplot.min.css", "style.css", "dashboard.css", "dashboard.js"):
            answer = client.get(f"/static/{name}")
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            assert len(answer.text) > 500
        for name in ("..%2f..%2fapplication.py", "%2e%2e/assets.py", "htmx.LICENSE"):
            assert client.get(f"/static/{name}").status_code in {303, 404}
