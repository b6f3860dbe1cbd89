"""The dashboard in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.end_to_end


@pytest.fixture(params=["neglected", "cured"])
def page(browser: Browser, services: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    complaints: list[str] = []
    with browser.new_context(base_url=getattr(services, request.param).url) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/")
        yield page
    assert [each for each in complaints if "favicon" not in each and "404" not in each] == []


def test_the_dashboard_shows_what_the_database_holds(page: Page) -> None:
    figures = page.request.get("/api/dashboard").json()
    tiles = {tile.locator("span").inner_text(): tile.locator("b").inner_text() for tile in page.locator(".tile").all()}
    assert tiles["Last 24 hours"] == f"{figures['last_day']['calls']:,}"
    assert tiles["Urgent today"] == str(len(figures["urgent"]))
    assert page.locator(".chart g").count() == len(figures["days"])
    newest = page.request.get("/api/calls/newest?count=100").json()
    assert page.locator("#newest tbody tr").count() == len(newest)
    assert page.locator("#newest td.name").count() == sum(each["lead"] is not None for each in newest)


def test_the_calls_of_a_number_are_found_by_the_form(page: Page) -> None:
    number = page.request.get("/api/calls/newest?count=1").json()[0]["call"]["phone_number"]
    page.get_by_label("Phone number").fill(number)
    page.get_by_role("button", name="Find calls").click()
    history = page.request.get("/api/calls/history", params={"phone": number}).json()
    assert page.locator("tbody tr").count() == len(history) > 0
    assert page.get_by_label("Phone number").input_value() == number


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_everybody_can_read_it(page: Page, width: int, scheme: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()
