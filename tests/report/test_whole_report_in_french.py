"""Whole documents in French hold no English: every text of every check, the verbs' pages, and what frames them."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path

import msgspec
import pytest

from pgclinic import checks
from pgclinic.model.checkup import Checkup
from pgclinic.model.difference import Difference
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.report import (
    check_markdown,
    check_text,
    checkup_html,
    checkup_markdown,
    checkup_text,
    difference_html,
    difference_markdown,
    difference_text,
)
from pgclinic.report.language import ENGLISH, Language, language
from pgclinic.report.sentences import sentence
from pgclinic.verbs.check_pages import pages
from spoken import known, untranslated

CHECKS = Path(checks.__file__).parent
FRENCH = language("fr")
WIDE = 100_000
"""Columns enough that no sentence is broken: a piece of one may be equal in both languages by chance."""
OURS = re.compile(r"[A-Za-z][a-z]+(?:'[a-z]+)?")
"""A word. Two of them are something said, and not a name or a figure."""
_THEIRS = re.compile(
    r"`[^`]*`|\b[a-z_]+\u00a0[\d.]+|\d[\d.,]* (?:min|ms)\b|\b\w*[_0-9.]\w*\b|\b[A-Z]{2,}\b"
    r"|\bPostgreSQL\b|(?:pg|^)clinic [a-z-]+\b"
)


class _Texts(HTMLParser):
    """The texts of a page that people read, without code, styles and scripts, one an element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "script", "code", "pre"}
        self.found += [value or "" for name, value in attrs if name in {"title", "alt", "aria-label"}]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script", "code", "pre"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found += [line.strip() for line in data.splitlines()]


def _read_aloud(page: str) -> list[str]:
    parser = _Texts()
    parser.feed(page)
    return [text for text in parser.found if text]


def _still_english(english: list[str], french: list[str], told: object = None) -> list[str]:
    """What stands in both and is words of ours, not those that the noun ``told`` has of its database."""
    theirs = sorted({" ".join(text.split()) for text in _words_of(told)} - known("fr"), key=len, reverse=True)
    same = set(english) & set(french)
    return sorted(text for text in same if len(OURS.findall(_THEIRS.sub(" ", _without(theirs, text)))) > 1)


def _without(theirs: list[str], text: str) -> str:
    beginning = text.partition("…")[0].strip()  # a statement that is cut
    if any(beginning and each.startswith(beginning) for each in theirs):
        text = text.partition("…")[2]
    for each in filter(None, theirs):
        text = text.replace(each, " ")
    return text


def _words_of(value: object) -> Iterator[str]:
    match value:
        case str():
            yield from (value, *value.splitlines()) if len(value) > 3 else ()
        case msgspec.Struct():
            yield from _words_of([getattr(value, field) for field in value.__struct_fields__])
            facts = getattr(value, "facts", ())
            own = [getattr(value, field) for field in value.__struct_fields__ if facts]
            yield from (sentence(text, facts) for text in own if isinstance(text, str) and text not in known("fr"))
        case list() | tuple():
            for each in value:
                yield from _words_of(each)


def _strings(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _strings(body)
            yield from _strings(orelse)


def _everything_found() -> tuple[Finding, ...]:
    """A finding for each text that a check's file holds, its places filled by what no language would change."""
    found = []
    for name in checks.names():
        tree = ast.parse((CHECKS / f"{name}.py").read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        texts = []
        for call in calls:
            if getattr(call.func, "id", "") == "Finding":
                given = {keyword.arg: list(_strings(keyword.value)) for keyword in call.keywords}
                texts += list(zip_longest(given["summary"] or [""], given["advice"] or [""], fillvalue=""))
        facts = {
            call.args[0].value
            for call in calls
            if getattr(call.func, "id", "") == "Fact" and call.args and isinstance(call.args[0], ast.Constant)
        }
        for number, (summary, advice) in enumerate(texts):
            places = set(re.findall(r"\{(\w+)\}", summary + advice))
            found.append(
                Finding(
                    check=name,
                    severity=Severity.WARNING,
                    object=ObjectName("table", "public", f"t{len(found)}_{number}"),
                    summary=summary,
                    advice=advice,
                    facts=tuple(Fact(str(each), "x1", Unit.TEXT) for each in sorted(facts | places)),
                    burden=0.5,
                )
            )
    return tuple(found)


def test_every_text_of_every_check_is_said_in_french(checkup: Checkup) -> None:
    findings = _everything_found()
    assert {finding.check for finding in findings} > {"dead_rows", "missing_index", "vacuum_held_back"}
    assert [text for finding in findings for text in untranslated(finding)] == []
    whole = msgspec.structs.replace(checkup, findings=findings)
    for one, other in (
        (checkup_text.text(whole, width=WIDE), checkup_text.text(whole, width=WIDE, language=FRENCH)),
        (checkup_markdown.markdown(whole), checkup_markdown.markdown(whole, FRENCH)),
    ):
        assert _still_english(one.splitlines(), other.splitlines(), whole) == []
    assert max(map(len, checkup_text.text(whole, language=FRENCH).splitlines())) <= 80
    page = _read_aloud(checkup_html.page(whole))
    assert _still_english(page, _read_aloud(checkup_html.page(whole, FRENCH)), whole) == []


def test_the_pages_of_the_checks_are_said_in_french() -> None:
    told = [(_pages(ENGLISH), _pages(FRENCH)), (_listed(ENGLISH), _listed(FRENCH))]
    told += [(check_markdown.page_markdown(each), check_markdown.page_markdown(each, FRENCH)) for each in pages()]
    for one, other in told:
        assert _still_english(one.splitlines(), other.splitlines()) == []


def _pages(spoken: Language) -> str:
    return "".join(check_text.page_text(each, width=WIDE, language=spoken) for each in pages())


def _listed(spoken: Language) -> str:
    return check_text.list_text(pages(), width=WIDE, language=spoken)


@pytest.mark.parametrize("name", checks.names())
def test_a_page_in_french_keeps_its_code_and_fits_80_columns(name: str) -> None:
    (about,) = (each for each in pages() if each.name == name)
    for section in about.sections:
        for paragraph in section.paragraphs:
            code = re.findall(r"`[^`]+`", paragraph)
            assert sorted(re.findall(r"`[^`]+`", FRENCH.say(paragraph))) == sorted(code)
    lines = check_text.page_text(about, language=FRENCH).splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if re.match(r"\s*[:;?!»%](?:\s|$)", line) or line.endswith("«")]


def test_a_difference_is_told_in_french(difference: Difference) -> None:
    for one, other in (
        (difference_text.text(difference, width=WIDE), difference_text.text(difference, width=WIDE, language=FRENCH)),
        (difference_markdown.markdown(difference), difference_markdown.markdown(difference, FRENCH)),
    ):
        assert _still_english(one.splitlines(), other.splitlines(), difference) == []
    french = difference_html.page(difference, FRENCH)
    assert _still_english(_read_aloud(difference_html.page(difference)), _read_aloud(french), difference) == []
    assert 'lang="fr"' in french
    assert max(map(len, difference_text.text(difference, language=FRENCH).splitlines())) <= 80
