"""The report's words in every language, complete, and figures as each writes them."""

import importlib.util
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import read_po

from pgclinic.model.checkup import Checkup
from pgclinic.model.evidence import Fact, Unit
from pgclinic.report import checkup_html, checkup_json, checkup_markdown, checkup_sarif, checkup_text
from pgclinic.report.checkup_document import schema
from pgclinic.report.figures import figure
from pgclinic.report.language import FOLDER, LANGUAGES, language, later
from pgclinic.report.sentences import sentence

ROOT = Path(__file__).parent.parent.parent
OTHERS = [code for code in LANGUAGES if code != "en"]
FRENCH = language("fr")
_SENTENCE_SIGN = re.compile(r"(?<=\S) (?=[:;?!»%](?:\s|$))|« (?=\S)")


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    """The script that gathers texts."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing_in_another_language(messages: ModuleType, code: str) -> None:
    """``make messages`` adds what is new to the catalogue; its translation is to be written there."""
    catalogue = read_po(io.StringIO((FOLDER / code / "LC_MESSAGES" / "pgclinic.po").read_text()))
    texts = messages.texts()
    assert len(texts) > 1000
    lacking = []
    for text in texts:
        key = (text.one, text.many) if text.many else text.one
        said = catalogue[key].string if key in catalogue else ""
        if not all(said if isinstance(said, tuple) else [said]):
            lacking.append(f"{text.file}: {text.one}")
    assert lacking == [], "run make messages, and translate what it adds"
    assert not [message.id for message in catalogue if message.fuzzy]


@pytest.mark.parametrize("code", OTHERS)
def test_the_catalogue_is_that_of_the_code(messages: ModuleType, code: str) -> None:
    """No text too many, none that the code says otherwise by now."""
    po = (FOLDER / code / "LC_MESSAGES" / "pgclinic.po").read_text()
    assert messages.written(code, messages.catalogue(code, read_po(io.StringIO(po)))) == po, "run make messages"


def test_two_sides_of_a_conflict_are_put_together(messages: ModuleType) -> None:
    texts = ("worse", "better", "cured")
    one, other = (read_po(io.StringIO('msgid ""\nmsgstr ""\n')) for _ in range(2))
    one.add(texts[0], "un")
    one.add(texts[1], "")
    other.add(texts[0], "autre")
    other.add(texts[1], "autre")
    both = messages.catalogue("fr", one, other)
    assert [both[text].string or "" for text in texts] == ["un", "autre", ""]


def test_french_sets_its_signs_apart_by_spaces_that_do_not_break() -> None:
    for message in read_po(io.StringIO((FOLDER / "fr" / "LC_MESSAGES" / "pgclinic.po").read_text())):
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in said:
            prose = "".join(text.split("`")[::2])
            assert not _SENTENCE_SIGN.search(prose), text


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_places_of_its_text(code: str) -> None:
    for message in read_po(io.StringIO((FOLDER / code / "LC_MESSAGES" / "pgclinic.po").read_text())):
        asked = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        places = {place for text in asked for place in re.findall(r"\{\w+\}", text)}
        for text in filter(None, said):
            assert set(re.findall(r"\{\w+\}", text)) <= places, message.id
        if message.id and all(said):
            assert {place for text in said for place in re.findall(r"\{\w+\}", text)} == places, message.id


@pytest.mark.parametrize("code", OTHERS)
def test_the_compiled_catalogue_is_that_of_the_text(messages: ModuleType, code: str) -> None:
    folder = FOLDER / code / "LC_MESSAGES"
    assert (folder / "pgclinic.mo").read_bytes() == messages.compiled((folder / "pgclinic.po").read_text())


def test_texts_are_gathered_from_every_place_where_one_may_stand(messages: ModuleType) -> None:
    found = {(text.one, text.file) for text in messages.texts()}
    assert ("Where the time goes", "report/checkup_html.py") in found
    assert ("What to do first", "report/templates/checkup.html") in found
    assert ("VACUUM {table} now, and lower its autovacuum_vacuum_scale_factor.", "checks/dead_rows.py") in found
    assert ("Autovacuum is switched off for the whole server.", "checks/autovacuum_off.py") in found
    assert ("rows per call", "checks/slow_statement.py") in found
    assert ("schema changes on {table}, for an instant", "remedies/drop_index.py") in found
    assert ("column statistics", "probes/column_statistics.py") in found


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1234567, Unit.COUNT, "1\u202f234\u202f567"),
        (0.9312, Unit.RATIO, "93,1 %"),
        (0.9996, Unit.RATIO, "> 99,9 %"),
        (4.257, Unit.MILLISECONDS, "4,26 ms"),
        (123_456_789, Unit.BYTES, "118 Mo"),
        (999, Unit.BYTES, "999 octets"),
        (1492.7, Unit.TIMES, "1\u202f493\N{MULTIPLICATION SIGN}"),
        ("statements, indexes", Unit.PHRASE, "requêtes, index"),
        ("statements, indexes", Unit.TEXT, "statements, indexes"),
    ],
)
def test_figures_are_written_as_french_does(value: float | str, unit: Unit, shown: str) -> None:
    assert figure(value, unit, FRENCH) == shown


def test_texts_times_and_plurals_follow_the_language() -> None:
    assert FRENCH.say("not measured") == "non mesuré"
    assert FRENCH.say("") == ""
    assert FRENCH.say(later("no such text {x}"), x="1") == "no such text 1"
    assert [FRENCH.say_many("{number} warning", "{number} warnings", n) for n in (0, 1, 2, 2_000)] == [
        "0 avertissement",
        "1 avertissement",
        "2 avertissements",
        "2\u202f000 avertissements",
    ]
    assert FRENCH.moment("2026-11-22T19:05:11+00:00") == "22/11/2026 19:05 UTC"
    assert FRENCH.moment("odd") == "odd"
    facts = (Fact("share", 0.123, Unit.RATIO), Fact("text", "{share}", Unit.TEXT))
    assert sentence("{share} of the time is of statements whose text could not be read.", facts, FRENCH) == (
        "12 % du temps va à des requêtes dont le texte n'a pas pu être lu."
    )
    with pytest.raises(KeyError):
        language("xx")


@pytest.mark.parametrize(
    ("render", "words"),
    [
        (checkup_text.text, ("57 sur 100", "Chiffres clés", "vu le 22/11/2026 19:05 UTC", "manqué", "verrou SHARE")),
        (checkup_html.page, ('lang="fr"', "Par quoi commencer", "copier", "Ce qu&#39;un administrateur", "897 Mo")),
        (checkup_markdown.markdown, ("confiance B", "1 avertissement", "Le retour en arrière")),
        (checkup_json.encode, ('"contract_version"',)),
        (checkup_sarif.encode, ('"language": "fr"',)),
    ],
)
def test_the_whole_checkup_is_told_in_french(
    checkup: Checkup, render: Callable[..., str], words: tuple[str, ...]
) -> None:
    document = render(checkup, language=FRENCH)
    assert document != render(checkup) or render is checkup_json.encode
    for each in words:
        assert each in document


def test_the_contract_of_the_json_is_published() -> None:
    """``make docs`` writes it."""
    published = json.loads((ROOT / "docs" / "schema" / "checkup.json").read_text())
    assert published == json.loads(json.dumps(schema())), "run: make docs"
    whole = published["$defs"]["CheckupDocument"]
    assert whole["properties"].keys() >= {"contract_version", "grade", "kpis", "findings", "blind_spots", "overview"}
    assert set(whole["required"]) == set(whole["properties"])
