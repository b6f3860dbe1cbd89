"""Alerts on the dashboard: what stands and what is over, past which line, who was told, and how to be quiet."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from alerting import seen as observed
from pgclinic.model.alerting import Alert
from pgclinic.model.watching import Observation, Sample
from pgclinic.report.language import language
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.watch.alerts import rules_file
from pgclinic.watch.alerts.engine import Change, judged
from pgclinic.watch.alerts.ledger import Ledger
from pgclinic.watch.alerts.measures import Measures
from pgclinic.watch.alerts.notices import Notice, notice_of
from pgclinic.watch.history import History
from pgclinic.web.alert_words import TITLES, silence
from pgclinic.web.watched import Watched

TARGETS = ("[local]:5432/shop", "[local]:5432/crm")
RULES = rules_file.read(None, {})


def figures(minute: int) -> tuple[Observation, ...]:
    """Sessions wait in the second and third minute, a slot grows from the fifth on."""
    return (
        observed("longest_block_s", 95.0 if minute in {2, 3} else 1.0),
        observed("slot_bytes", 8e9 + minute * 1e8 if minute >= 5 else 1e6, "sub<b>scriber", "replication slot"),
    )


def told(change: Change) -> list[tuple[str, Notice]]:
    notice = notice_of(change)
    return [("team", notice), ("pager", notice)] if notice else []


@pytest.fixture
def store(tmp_path: Path, seen: Any) -> Iterator[tuple[History, datetime]]:
    """Two databases of which the first has had twelve minutes of trouble; one channel of two works."""
    now = datetime.now(UTC).replace(microsecond=0)
    history = History(f"sqlite:///{tmp_path / 'history.sqlite'}")
    ledger = Ledger(history.engine)
    for minute in range(13):
        sample = Sample(
            target=TARGETS[0],
            at=(now - timedelta(minutes=12 - minute)).isoformat(),
            seconds=60.0,
            observations=figures(minute),
        )
        history.write(sample)
        ledger.record(
            sample, tuple(judged(RULES, sample, ledger.standings(sample.target), Measures())), told, now.timestamp()
        )
    history.write(Sample(target=TARGETS[1], at=now.isoformat(), seconds=60.0))
    moment = now.timestamp() + 1
    ledger.delivered("team", ledger.take("team", "a", moment, 10), [], moment)
    ledger.put_off("pager", ledger.take("pager", "a", moment, 10), moment, "Connection refused")
    found = drive(checkup(seen))
    header = msgspec.structs.replace(found.header, clock=(now - timedelta(minutes=20)).isoformat())
    history.write_checkup(TARGETS[0], msgspec.structs.replace(found, header=header))
    yield history, now
    history.close()


def both(history: History) -> list[Any]:
    return [Watched(history, target).database for target in TARGETS]


def test_programs_are_told_what_stands_what_is_over_and_who_was_told(
    store: tuple[History, datetime], serving: Callable[..., Any]
) -> None:
    history, now = store
    with serving(*both(history)).script() as script:
        path = "/api/databases/local-5432-shop/alerts"
        found = script.get(path).json()
        (stands,), (over,) = found["standing"], found["resolved"]
        assert (stands["rule"], stands["value"], stands["worst"]) == ("slot_growth", 9.2e9, 9.2e9)
        assert (stands["comparison"], stands["threshold"], stands["unit"]) == (">", 5 * 2**30, "bytes")
        assert (over["rule"], over["worst"], over["value"]) == ("blocker_chain", 95.0, None)
        assert sorted((each["channel"], each["is_resolved"], each["failed"]) for each in over["tellings"]) == [
            ("pager", False, 1),
            ("pager", True, 1),
            ("team", False, 0),
            ("team", True, 0),
        ]
        assert [(each["name"], each["sent"], each["waiting"]) for each in found["channels"]] == [
            ("pager", 0, 3),
            ("team", 3, 0),
        ]
        then = script.get(path, params={"at": (now - timedelta(minutes=9, seconds=30)).isoformat()}).json()
        assert [(each["rule"], each["resolved_at"]) for each in then["standing"]] == [("blocker_chain", None)]
        assert script.get("/api/alerts").json() == found
        assert script.get("/api/databases/local-5432-crm/alerts").json()["standing"] == []


@pytest.mark.end_to_end
@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
def test_people_see_them_on_the_first_page_and_on_a_page_of_their_own(
    store: tuple[History, datetime],
    serving: Callable[..., Any],
    browser: Browser,
    faults: Callable[..., list[Any]],
    width: int,
    scheme: str,
) -> None:
    dashboard = serving(*both(store[0]))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(120_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(dashboard.address())
    expect(page.get_by_role("heading", level=1)).to_have_text("Databases")
    expect(page.locator("article.alert")).to_contain_text("A slot keeps WAL")
    assert faults(page) == []
    page.locator("article.alert a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alerts")
    expect(page.locator("article.alert")).to_contain_text("sub<b>scriber")
    expect(page.locator("article.alert .against")).to_contain_text("8.57 GB")
    expect(page.locator("article.alert .against")).to_contain_text("> 5 GB")
    expect(page.locator("table.alerts tbody tr")).to_contain_text("95 s")
    expect(page.get_by_role("region", name="Notifications")).to_contain_text("Connection refused")
    page.get_by_text("Silence it").click()
    quiet = page.get_by_label("A silence, for the file of rules").inner_text()
    assert tomllib.loads(quiet)["silences"][0]["rules"] == ["slot_growth"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page) == []
    page.get_by_role("link", name="Français").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alertes")
    expect(page.locator("main")).not_to_contain_text("Silence it")
    assert complaints == []
    context.close()


def test_a_silence_as_it_is_shown_fits_that_alert_alone(tmp_path: Path) -> None:
    alert = Alert(
        target='[local]:5432/"shop*"',
        rule="bloat_growth",
        object="table public.[orders]?é\\",
        since="2026-01-01T00:00:00+00:00",
        fired_at="2026-01-01T00:00:00+00:00",
        worst=1.0,
    )
    file = tmp_path / "rules.toml"
    file.write_text(silence(alert, datetime(2026, 1, 1, tzinfo=UTC)))
    (quiet,) = rules_file.read(file, {}).silences
    during, after = "2026-01-01T23:59:00+00:00", "2026-01-02T00:00:00+00:00"
    assert quiet.covers(alert.rule, alert.target, alert.object, during)
    assert not quiet.covers(alert.rule, alert.target, alert.object, after)
    assert not quiet.covers(alert.rule, "l:5432/shop", alert.object, during)
    assert not quiet.covers(alert.rule, alert.target, "table public.o", during)
    assert not quiet.covers("p95", alert.target, alert.object, during)


def test_every_rule_that_is_shipped_has_a_title_in_both_languages() -> None:
    assert {rule.name for rule in RULES.rules} == set(TITLES)
    assert all(language("fr").say(title) != title for title in TITLES.values())
