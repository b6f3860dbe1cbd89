"""What lies between two visits, in every format."""

import json

import msgspec
import pytest

from pgclinic.model.checkup import Checkup
from pgclinic.model.difference import Difference, SchemaChange
from pgclinic.model.names import ObjectName
from pgclinic.report import checkup_json, difference_html, difference_json, difference_markdown, difference_text
from pgclinic.report.checkup_reading import decode

RENDERERS = (difference_text.text, difference_json.encode, difference_markdown.markdown, difference_html.page)


def test_the_text_says_grades_findings_statements_sizes_settings_and_schema(difference: Difference) -> None:
    text = " ".join(difference_text.text(difference).split())
    assert text.startswith(
        "C- 57 → A+ 97 worse fortin +39.6 points 2026-11-22 19:05 UTC → 2026-11-29 19:05 UTC, 7.0 days"
    )
    assert "1 new, 1 worse, 1 cured, 4 as before" in text
    assert "worse notice → warning dead_rows" in text
    assert "P95 913 ms 40 ms better" in text
    assert "slower" in text
    assert "12\N{MULTIPLICATION SIGN}" in text
    assert "index public.big 1 GB 3 GB +2 GB 293 MB a day" in text
    assert "work_mem 4 MB → 64 MB" in text
    assert "jit (database) not set → on" in text
    assert "changed column public.t.a integer → bigint" in text
    assert "calls 1,204" in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_text_keeps_to_its_width(difference: Difference, width: int) -> None:
    lines = difference_text.text(difference, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line.isprintable() for line in lines)


def test_a_list_that_was_not_made_is_no_empty_one(difference: Difference) -> None:
    bare = msgspec.structs.replace(difference, statements=None, sizes=None, settings=None, schema=None, activity=None)
    text = difference_text.text(bare)
    assert "Statements" not in text
    assert "Schema" not in text
    none = msgspec.structs.replace(difference, statements=(), sizes=(), settings=(), schema=())
    assert "Schema  nothing changed" in difference_text.text(none)
    assert json.loads(difference_json.encode(bare))["schema"] is None
    assert json.loads(difference_json.encode(none))["schema"] == []


def test_long_lists_are_cut_in_the_text_and_whole_in_the_json(difference: Difference) -> None:
    many = tuple(SchemaChange(object=ObjectName("table", f"t{number}"), before=None, after="") for number in range(40))
    long = msgspec.structs.replace(difference, schema=many)
    assert "and 25 more; --format json has all" in difference_text.text(long)
    assert len(json.loads(difference_json.encode(long))["schema"]) == 40


def test_the_json_is_one_document_in_ascii(difference: Difference) -> None:
    text = difference_json.encode(difference)
    assert text.isascii()
    document = json.loads(text)
    assert document["contract_version"] == "1"
    assert document["verdict"] == "worse"
    assert document["is_worse"] is True
    assert [change["trend"] for change in document["findings"]] == ["new", "worse", "cured"]
    assert document["findings"][1]["before"] == "notice"
    assert document["findings"][1]["after"] == "warning"
    assert document["statements"][0]["times"] == 12
    assert document["schema"][0]["change"] == "changed"
    assert document["remarks"] == ["The server was started again at 2026-11-25."]


def test_the_markdown_lets_no_other_s_text_be_markup(difference: Difference) -> None:
    lines = difference_markdown.markdown(difference).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert rows
    assert lines[0] == "## fortin: C- 57 → A+ 97, worse"
    for line in lines:
        outside = "".join(line.split("`")[::2]).replace("\\<", "").replace("\\[", "")
        assert "<" not in outside
        assert "[" not in outside
    assert all(line.count("|") - line.count("\\|") == rows[0].count("|") for line in rows[:4])


def test_the_page_escapes_every_text_and_forbids_everything_from_outside(difference: Difference) -> None:
    page = difference_html.page(difference)
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    assert page.count("http") == page.count("http-equiv") + page.count("http://www.w3.org/2000/svg")


def test_every_format_is_the_same_each_time(difference: Difference) -> None:
    for render in RENDERERS:
        assert render(difference) == render(difference)


def test_a_report_is_read_back_with_what_a_comparison_needs(checkup: Checkup) -> None:
    again = decode(checkup_json.encode(checkup).encode(), "x.json")
    assert again.grade == checkup.grade
    assert again.kpis == checkup.kpis
    assert again.header.clock == checkup.header.clock
    assert again.server.version_num == checkup.server.version_num
    assert again.blind_spots == checkup.blind_spots
    assert [one.fingerprint for one in again.findings] == [one.fingerprint for one in checkup.findings]
    assert [one.severity for one in again.findings] == [one.severity for one in checkup.findings]
    assert again.findings[1].summary == "18 % of the rows of vapi_calls are dead."
