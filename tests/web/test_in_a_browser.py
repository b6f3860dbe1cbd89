"""The dashboard as a person meets it: with eyes, a keyboard, a phone, a screen reader."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pgclinic.model.counters import StatementCounters

pytestmark = pytest.mark.end_to_end

PAGES = ("", "statements", "tables", "tables/one?name=leads", "findings", "prescriptions", "whatif")
PATIENCE_MS = 120_000


class Guest:
    """A browser that came in, and what it complained about."""

    def __init__(self, context: BrowserContext, dashboard: Any) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self._asks(request.url, dashboard.origin))
        self.page.goto(dashboard.address())
        self.home = self.page.url

    def _asks(self, url: str, origin: str) -> None:
        if not url.startswith(f"{origin}/"):
            self.elsewhere.append(url)

    def goes(self, path: str) -> Page:
        self.page.goto(self.home + path)
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def guest(browser: Browser) -> Iterator[Callable[..., Guest]]:
    """Call it with a dashboard and how the browser is."""
    contexts = []

    def come_in(dashboard: Any, **how: Any) -> Guest:
        contexts.append(browser.new_context(**how))
        return Guest(contexts[-1], dashboard)

    yield come_in
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
def test_every_page_fits_says_nothing_wrong_and_asks_nobody_else(
    dashboard: Any, guest: Callable[..., Guest], faults: Callable[..., list[Any]], width: int, scheme: str
) -> None:
    visitor = guest(dashboard, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in PAGES:
        page = visitor.goes(path)
        for details in page.locator("main summary").all()[:5]:
            details.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert faults(page) == [], path
    assert visitor.complaints == []
    assert visitor.elsewhere == []


def test_tables_are_sorted_searched_and_turned_without_loading_anew(
    seen: Any, serving: Callable[..., Any], database_of: Callable[..., Any], guest: Callable[..., Guest]
) -> None:
    more = tuple(
        StatementCounters(queryid=str(number), role="app", text=f"select c{number} from leads", calls=number + 1)
        for number in range(100)
    )
    dashboard = serving(database_of(msgspec.structs.replace(seen, statements=(*seen.statements, *more))))
    visitor = guest(dashboard)
    page = visitor.goes("statements")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="mean", exact=True).click()
    expect(page.locator("th[aria-sort]")).to_have_text("mean")
    assert "sort=mean" in page.url
    page.get_by_role("link", name="Next").click()
    expect(page.locator("nav.pages")).to_contain_text("51 to")
    page.get_by_label("Find in statements").fill("phone_number")
    expect(page).to_have_url(re.compile("find=phone_number"))
    expect(page.locator("nav.pages")).to_contain_text(re.compile(r"^\s*1 to"))
    assert page.evaluate("window.stayed")
    page.go_back()
    expect(page.locator("nav.pages")).to_contain_text("51 to")
    assert visitor.complaints == []


def test_it_works_without_scripts(dashboard: Any, guest: Callable[..., Guest]) -> None:
    visitor = guest(dashboard, java_script_enabled=False)
    page = visitor.goes("statements")
    page.get_by_role("link", name="calls", exact=True).click()
    assert "sort=calls" in page.url
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Planning").click()
    expect(page.locator("svg.plan-tree").first).to_be_visible()
    page.goto(visitor.home + "whatif")
    page.get_by_label("Indexes to try").fill("create index on leads (call_id)")
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("heading", name="Answer")).to_be_visible(timeout=PATIENCE_MS)


def test_a_statement_shows_its_plan_and_leads_to_a_what_if(dashboard: Any, guest: Callable[..., Guest]) -> None:
    visitor = guest(dashboard, viewport={"width": 1280, "height": 900})
    page = visitor.goes("")
    page.locator("a.choice.statement").first.click()
    expect(page.locator("#plan .wide svg.plan-tree")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("link", name="Try an index").click()
    assert "leads" in page.get_by_label("A query to plan").input_value()
    page.get_by_label("Indexes to try").fill("create index on leads (call_id)")
    page.get_by_role("button", name="Plan it").click()
    expect(page.locator(".pair-of-plans .wide svg")).to_have_count(2, timeout=PATIENCE_MS)
    expect(page.locator(".costs .pill.good")).to_contain_text("cheaper")
    assert visitor.complaints == []


def test_the_keyboard_is_enough(dashboard: Any, guest: Callable[..., Guest]) -> None:
    page = guest(dashboard).goes("")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.goto(page.url.partition("#")[0])
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert {"Overview", "Statements", "Findings", "What if", "Français", "Leave"} <= set(names)
    page.get_by_role("link", name="Findings", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Findings")


def test_a_hostile_statement_does_nothing(
    seen: Any, serving: Callable[..., Any], database_of: Callable[..., Any], guest: Callable[..., Guest]
) -> None:
    text = (
        "select '<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e', '"
        + "x" * 1_000_000
        + "' from leads"
    )
    hostile = StatementCounters(queryid="1", role="<b>", text=text, calls=9, total_ms=9e9, mean_ms=1e9)
    dashboard = serving(database_of(msgspec.structs.replace(seen, statements=(hostile, *seen.statements))))
    visitor = guest(dashboard)
    for path in ("", "statements", "findings"):
        page = visitor.goes(path)
        assert "onerror=alert(1)" in page.inner_text("main")
    page = visitor.goes("statements")
    page.locator("tbody a").first.click()
    page.wait_for_load_state("networkidle")
    assert page.locator("script:not([src]), img, iframe, object, embed").count() == 0
    page.get_by_role("link", name="The whole text").click()
    assert len(page.inner_text("body")) > 1_000_000
    assert visitor.complaints == []


def test_one_leaves_and_is_out(dashboard: Any, guest: Callable[..., Guest]) -> None:
    page = guest(dashboard).goes("")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Come in")
    page.get_by_label("Token").fill(dashboard.token())
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("fortin")
