import base64
import copy
import hashlib
import json
import re
from collections.abc import Callable

import pytest
from msgspec import structs

from pgclinic.model.checkup import Checkup
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.report import checkup_html, checkup_json, checkup_markdown, checkup_sarif, checkup_text
from pgclinic.report.wording import unseen

FORMATS: tuple[Callable[[Checkup], str], ...] = (
    checkup_text.text,
    checkup_json.encode,
    checkup_html.page,
    checkup_markdown.markdown,
    checkup_sarif.encode,
)


def test_the_text_says_grade_figures_findings_and_what_was_not_seen(checkup: Checkup) -> None:
    text = checkup_text.text(checkup)
    assert text.startswith("C-  57 of 100   fortin")
    assert "P95           913 ms   < 50 ms  missed        estimated" in text
    assert "P99                —  < 100 ms  not measured" in text
    assert "confidence B:\n  \N{MINUS SIGN}15 %  The counters are only 120 min old." in text
    assert "Something tiny" not in text
    assert "1 WARNING" in text
    assert "slow_statement                                                      +11.3 points" in text
    assert "18 % of the rows of vapi_calls are dead." in text
    assert "dead 18 %, size 775 MB (measured)" in text
    assert "alter table public.vapi_calls set (autovacuum_vacuum_scale_factor = '0.02');" in text
    assert "lock SHARE UPDATE EXCLUSIVE, blocks schema changes and VACUUM on vapi_calls, for an" in " ".join(
        text.split()
    )
    assert "undo: alter table public.vapi_calls reset (autovacuum_vacuum_scale_factor);" in text
    assert "grant select on t to x;" in text
    assert "vapi_calls                 75 %  ███████▌  897 MB" in text
    *_, summary, following, _ = text.splitlines()
    assert summary == "C- 57 · confidence B · 1 warning, 1 notice, 1 info · 1 with a cure in SQL"
    assert following.startswith("Next: create extension pg_stat_statements;   in psql: then")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_text_keeps_to_its_width_and_holds_no_control_character(checkup: Checkup, width: int) -> None:
    lines = checkup_text.text(checkup, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line.isprintable() for line in lines)
    assert "[red]x[/red]" in " ".join(line.strip() for line in lines)


@pytest.mark.parametrize("width", [60, 80])
def test_a_category_and_its_score_stay_on_one_line(checkup: Checkup, width: int) -> None:
    lines = checkup_text.text(checkup, width=width).splitlines()
    for category in checkup.grade.categories:
        score = "not measured" if category.score is None else f"{category.score:.0f}"
        assert any(f"{category.name} {score}" in line for line in lines)


def test_a_blind_spot_names_its_object_once() -> None:
    hidden = BlindSpot("statements", "It hides 47 statements of others.", object="47 statements")
    assert unseen(hidden) == "statements"
    assert unseen(BlindSpot("column_statistics", "no right", object="sms_logs")) == "column statistics of sms_logs"


def test_colour_is_only_there_when_asked_for_and_never_a_light_one(checkup: Checkup) -> None:
    assert "\x1b" not in checkup_text.text(checkup)
    colored = checkup_text.text(checkup, color=True)
    assert "\x1b[" in colored
    assert not any(code in colored for code in ("\x1b[33m", "\x1b[37m", "\x1b[93m", "\x1b[97m"))


def test_a_healthy_database_gets_few_words(clean_checkup: Checkup) -> None:
    text = checkup_text.text(clean_checkup)
    assert "Findings  none" in text
    assert "Not seen" not in text
    assert "Nothing to report." in checkup_html.page(clean_checkup)


def test_the_json_is_one_document_in_ascii_with_every_fact_and_its_provenance(checkup: Checkup, hostile: str) -> None:
    text = checkup_json.encode(checkup)
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    document = json.loads(text)
    assert document["contract_version"] == "1"
    assert document["grade"]["letter"] == "C-"
    assert document["kpis"][2]["value"] is None
    assert [finding["severity"] for finding in document["findings"]] == ["warning", "notice", "info"]
    finding = document["findings"][0]
    assert finding["fingerprint"] == checkup.findings[0].fingerprint
    assert finding["facts"][0] == {"name": "share", "value": 0.62, "unit": "ratio", "provenance": "measured"}
    assert finding["facts"][3]["value"] == hostile
    assert (finding["points"], finding["family"], finding["remedy"]) == (11.26, "statements", None)
    cured = document["findings"][1]["remedy"]
    assert cured["do"][0]["blocks"].startswith("schema changes and VACUUM on vapi_calls, for")
    assert cured["undo"][0]["sql"] == "alter table public.vapi_calls reset (autovacuum_vacuum_scale_factor)"
    assert document["grade"]["doubts"][0]["factor"] == 0.85
    assert document["overview"]["other_sizes"] == 4_000
    assert document["blind_spots"][0]["grant"] == "create extension pg_stat_statements"


def test_the_page_escapes_every_text_and_forbids_everything_from_outside(checkup: Checkup) -> None:
    page = checkup_html.page(checkup)
    assert "default-src 'none'" in page
    assert page.count("<script") == 1
    script = page.partition("<script>")[2].partition("</script>")[0]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in page.partition("<style>")[0]
    assert "<img" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
    assert "http://www.w3.org/2000/svg" in page
    assert page.count("http") == page.count("http-equiv") + page.count("http://www.w3.org/2000/svg")


def test_every_format_is_the_same_each_time(checkup: Checkup) -> None:
    for render in FORMATS:
        assert render(checkup) == render(copy.deepcopy(checkup))


def test_what_to_do_first_is_danger_and_then_what_gives_back_most(checkup: Checkup) -> None:
    danger = Finding("durability_off", Severity.CRITICAL, ObjectName("setting", "fsync"), "fsync is off.", "")
    page = checkup_html.page(structs.replace(checkup, findings=(*checkup.findings, danger)))
    first = page.partition("What to do first")[2].partition("</section>")[0]
    assert re.findall(r'href="#([a-z_-]+)"', first) == [
        "critical-durability_off",
        "warning-slow_statement",
        "notice-dead_rows",
    ]


def test_checks_that_lacked_the_same_are_told_together(checkup: Checkup) -> None:
    reason = "{check} could not judge: {need} could not be seen."
    blind = tuple(
        BlindSpot(check, reason, facts=(Fact("check", check, Unit.TEXT), Fact("need", "sessions", Unit.PHRASE)))
        for check in ("long_transaction", "blocked_sessions")
    )
    unsure = structs.replace(checkup, blind_spots=(*checkup.blind_spots, *blind))
    together = "Not judged without sessions: long_transaction, blocked_sessions"
    assert together in checkup_text.text(unsure)
    assert together.replace("_", r"\_") in checkup_markdown.markdown(unsure)
    assert "<b>Not judged without sessions</b>: long_transaction, blocked_sessions" in checkup_html.page(unsure)
    reasons = [spot["reason"] for spot in json.loads(checkup_json.encode(unsure))["blind_spots"]]
    assert "long_transaction could not judge: sessions could not be seen." in reasons
