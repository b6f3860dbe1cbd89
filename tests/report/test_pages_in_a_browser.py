"""The pages as a real browser shows them."""

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pgclinic.model.checkup import Checkup
from pgclinic.model.demonstration import Demonstration
from pgclinic.model.difference import Difference
from pgclinic.model.prescription import Course
from pgclinic.report import checkup_html, course_html, demo_html, difference_html
from pgclinic.report.html import copy_script
from pgclinic.report.language import LANGUAGES, language

pytestmark = pytest.mark.end_to_end


@pytest.fixture(params=["checkup", "checkup-fr", "demo", "course", "difference", "difference-fr"])
def document(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    checkup: Checkup,
    demonstration: Demonstration,
    whole_course: Course,
    difference: Difference,
) -> Path:
    pages = {
        "checkup": lambda: checkup_html.page(checkup),
        "checkup-fr": lambda: checkup_html.page(checkup, language("fr")),
        "demo": lambda: demo_html.page(demonstration),
        "course": lambda: course_html.page(whole_course),
        "difference": lambda: difference_html.page(difference),
        "difference-fr": lambda: difference_html.page(difference, language("fr")),
    }
    path = tmp_path / "page.html"
    path.write_text(pages[request.param]())
    return path


class Visit:
    """A page that is watched while it loads."""

    def __init__(self, page: Page, document: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(document.as_uri())


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1100, "dark")])
def test_it_fits_the_screen_and_asks_for_nothing(browser: Browser, document: Path, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    visit = Visit(context.new_page(), document)
    for details in visit.page.locator("summary").all():
        details.click()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.complaints == []
    assert visit.requests == [document.as_uri()]
    context.close()


def test_a_hostile_statement_is_shown_as_text(browser: Browser, document: Path) -> None:
    page = browser.new_page()
    visit = Visit(page, document)
    assert "owned" not in page.title()
    scripts = page.locator("script").all_text_contents()
    assert scripts in ([], [copy_script()[0]])
    assert page.locator("img, iframe, object, embed, form, link, base").count() == 0
    page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
    assert "onerror=alert(1)" in page.inner_text("body")
    assert visit.complaints == []
    page.close()


def test_text_stands_out_from_its_ground(browser: Browser, document: Path) -> None:
    """WCAG AA asks for 4.5 to 1 for text of this size."""
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(document.as_uri())
        weakest = page.evaluate(CONTRAST)
        assert weakest["ratio"] >= 4.5, weakest
        context.close()


def test_a_button_copies_the_sql_and_without_scripts_a_click_selects_it(
    browser: Browser, tmp_path: Path, checkup: Checkup
) -> None:
    path = tmp_path / "checkup.html"
    path.write_text(checkup_html.page(checkup))
    sql = "alter table public.vapi_calls set (autovacuum_vacuum_scale_factor = '0.02');"
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(path.as_uri())
    button = page.locator("button.copy").first
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('button.copy').textContent == 'copied'")
    assert page.evaluate("navigator.clipboard.readText()") == sql
    context.close()

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("button.copy").first.is_hidden()
    assert page.locator("pre.sql").first.evaluate("pre => getComputedStyle(pre).userSelect") == "all"
    context.close()


def test_it_can_be_read_by_keyboard_and_screen_reader(browser: Browser, document: Path) -> None:
    """Each heading one level below the last at most, a language, names for what has no text, ids that are unique."""
    page = browser.new_page()
    page.goto(document.as_uri())
    levels = [int(tag[1]) for tag in page.locator("h1,h2,h3,h4").evaluate_all("all => all.map(e => e.tagName)")]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert page.locator("html").get_attribute("lang") in LANGUAGES
    assert page.locator("svg:not([aria-label]):not([aria-hidden=true])").count() == 0
    ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    for anchor in page.locator("a").evaluate_all("all => all.map(e => e.getAttribute('href'))"):
        assert anchor.removeprefix("#") in ids
    page.close()


def test_it_prints_with_everything_open(browser: Browser, tmp_path: Path, checkup: Checkup) -> None:
    path = tmp_path / "checkup.html"
    path.write_text(checkup_html.page(checkup))
    page = browser.new_page()
    page.goto(path.as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    undo = page.get_by_text("reset (autovacuum_vacuum_scale_factor)")
    assert undo.evaluate("e => e.checkVisibility({contentVisibilityAuto: true}) && e.getClientRects().length > 0")
    assert page.locator("button.copy").first.is_hidden()
    page.close()


CONTRAST = """
() => {
  const parse = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  let weakest = {ratio: 21};
  for (const element of document.querySelectorAll('main *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.tagName === 'title' || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < weakest.ratio) weakest = {ratio, text: element.textContent.slice(0, 40), class: element.className};
  }
  return weakest;
}
"""
