import json

import msgspec

from pgclinic.model.demonstration import Demonstration
from pgclinic.model.ledger import Ledger, LedgerEntry
from pgclinic.model.proof import Verdict
from pgclinic.report import demo_html, demo_json, demo_text


def test_the_table_says_what_was_reached_and_what_not_yet(demonstration: Demonstration) -> None:
    text = demo_text.text(demonstration)
    assert text.startswith("Grade  C- 57  →  A+ 97")
    lines = {line.split("  ")[1].strip(): line for line in text.splitlines() if line.startswith("  ")}
    assert lines["dashboard page"].endswith("not yet")
    assert lines["import of 1,000 rows"].endswith("not measured")
    assert "1,493\N{MULTIPLICATION SIGN}" in lines["phone search"]
    assert max(map(len, text.splitlines())) <= 80


def test_the_json_has_every_percentile_before_and_after_and_null_where_samples_are_too_few(
    demonstration: Demonstration,
) -> None:
    document = json.loads(demo_json.encode(demonstration))
    assert document["grade"]["before"] == "C-"
    assert document["grade"]["after"] == "A+"
    first = document["statements"][0]
    assert first["name"] == "phone search"
    assert first["p50_ms"] == {"before": 612.0, "after": 0.41}
    assert first["p99_ms"]["before"] is None
    assert first["p99_ms"]["after"] is not None
    rows = {row["name"]: row for row in document["rows"]}
    assert rows["phone search"]["is_met"] is True
    assert rows["dashboard page"]["is_met"] is False
    assert rows["import of 1,000 rows"]["is_met"] is None


def test_the_page_shows_both_grades_and_the_charts_and_escapes_names(demonstration: Demonstration) -> None:
    page = demo_html.page(demonstration)
    assert "Grade before C-, 57 of 100" in page
    assert "Grade after A+, 97 of 100" in page
    assert page.count("<svg") - page.count('<svg class="meter"') == 6
    assert "<script" not in page
    assert "create index concurrently vapi_calls_phone_number_idx" in page


def test_the_page_lists_what_was_planned_beside_what_was_measured(demonstration: Demonstration) -> None:
    entry = LedgerEntry(
        proved_at="2026-01-01T00:00:00Z",
        database="1/2",
        server_version="18.6",
        kind="create_index",
        prescription="0123456789ab",
        object="vapi_calls_phone_number_idx",
        statement="<i>phone search</i>",
        fingerprint="f",
        planned=120.0,
        measured=240.0,
        low=200.0,
        high=280.0,
        verdict=Verdict.FASTER,
        shared_with=1,
    )
    page = demo_html.page(msgspec.structs.replace(demonstration, ledger=Ledger(entries=(entry,))))
    assert "<td>&lt;i&gt;phone search&lt;/i&gt;</td>" in page
    assert "vapi_calls_phone_number_idx and 1 more" in page
    assert all(f"{figure}\N{MULTIPLICATION SIGN}" in page for figure in ("120", "240", "200", "280"))
    assert "Ledger" not in demo_html.page(msgspec.structs.replace(demonstration, ledger=Ledger(entries=())))
