"""The checks' pages: complete, in 80 columns, and the files of docs/checks as they would be written now."""

import json
from pathlib import Path

import pytest

from pgclinic import checks
from pgclinic.model.configuration import Configuration
from pgclinic.model.errors import UserError
from pgclinic.report import check_json, check_markdown, check_text
from pgclinic.verbs.check_pages import page, pages

DOCS = Path(__file__).parents[2] / "docs" / "checks"


def test_the_documentation_is_what_the_checks_say_now() -> None:
    wanted = {f"{each.name}.md": check_markdown.page_markdown(each) for each in pages()}
    wanted["README.md"] = check_markdown.index_markdown(pages())
    found = {path.name: path.read_text() for path in DOCS.glob("*.md")}
    assert [name for name in sorted(wanted | found) if wanted.get(name) != found.get(name)] == [], "run make docs"


@pytest.mark.parametrize("name", checks.names())
def test_a_page_fits_80_columns_and_says_everything(name: str) -> None:
    about = page(name)
    text = check_text.page_text(about)
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    for section in about.sections:
        assert section.title in words
        for paragraph in section.paragraphs:
            assert " ".join(paragraph.replace("`", "").split()) in words
    for threshold in about.thresholds:
        assert f"{threshold.name} = " in text
    assert [section.title for section in about.sections] == ["What it sees", "Why it matters", "What to do"]


def test_the_list_has_every_check_by_family_and_fits_80_columns() -> None:
    text = check_text.list_text(pages())
    assert max(map(len, text.splitlines())) <= 80
    for name in checks.names():
        assert f"  {name}" in text
    assert {each.name for each in pages()} == set(checks.names())
    assert {each.family for each in pages(family="indexes")} == {"indexes"}


def test_severities_and_remedies_are_those_of_the_check_s_file() -> None:
    about = page("unused_index")
    assert [severity.name for severity in about.severities] == ["INFO", "NOTICE"]
    assert [remedy.name for remedy in about.remedies] == ["drop_index"]
    assert page("slow_statement").remedies == ()
    assert "None by itself" in check_text.page_text(page("slow_statement"))


def test_a_threshold_that_is_set_is_marked_everywhere() -> None:
    configuration = Configuration(thresholds={"dead_rows": {"notable_share": 0.3}})
    assert "notable_share\N{NO-BREAK SPACE}0.3*" in check_text.list_text(pages(configuration, family="storage"))
    about = page("dead_rows", configuration)
    assert "notable_share  0.3 (30 %)   0.1 (10 %)" in check_text.page_text(about)
    assert "| `notable_share` | 0.1 (10 %) | 0.3 (30 %) |" in check_markdown.page_markdown(about)
    threshold = json.loads(check_json.encode(about))["thresholds"][0]
    assert (threshold["name"], threshold["default"], threshold["value"]) == ("notable_share", 0.1, 0.3)


def test_the_json_lists_all_and_one_alike() -> None:
    document = json.loads(check_json.encode_list(pages()))
    one = json.loads(check_json.encode(page("dead_rows")))
    assert document["contract_version"] == one.pop("contract_version") == "1"
    assert one in document["checks"]
    assert one["severities"] == ["notice", "warning"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("deadrows", "did you mean dead_rows or dead_toast?"),
        ("Dead-Rows", "did you mean dead_rows?"),
        ("xyzzy", "pgclinic list shows all."),
    ],
)
def test_an_unknown_name_is_answered_with_close_ones(name: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        page(name)
    assert str(error.value) == f"There is no check {name!r}; {said}"


def test_an_unknown_family_is_answered_with_the_families() -> None:
    with pytest.raises(UserError, match="no family 'xyzzy'; there are statements, indexes"):
        pages(family="xyzzy")
