"""Whatever a snapshot states: every check and every format runs, and no text of it acts on a reader's screen."""

import json
import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from pgclinic import checks
from pgclinic.model.catalog import Extension
from pgclinic.model.checkup import Checkup
from pgclinic.model.counters import StatementCounters
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.report import checkup_html, checkup_json, checkup_markdown, checkup_sarif, checkup_text
from pgclinic.report.checkup_document import schema
from pgclinic.report.html import copy_script
from pgclinic.report.language import ENGLISH, Language, language
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from snapshots import HOSTILE_NAMES, names, snapshots

SCHEMA = Draft202012Validator(schema())
_ACTS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_SLOW = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
_ALLOWED = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "article",
        "div",
        "span",
        "p",
        "b",
        "i",
        "h1",
        "h2",
        "h3",
        "h4",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "a",
        "code",
        "pre",
        "details",
        "summary",
        "button",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "footer",
        "script",
        "figure",
        "figcaption",
        "svg",
        "g",
        "rect",
        "circle",
        "path",
        "text",
        "line",
    ]
)
_FORMATS = ["text", "colour", "json", "html", "markdown", "sarif"]


def _written(result: Checkup, form: str, spoken: Language = ENGLISH) -> str:
    match form:
        case "text":
            return checkup_text.text(result, language=spoken)
        case "colour":
            return checkup_text.text(result, color=True, language=spoken)
        case "json":
            return checkup_json.encode(result, spoken)
        case "html":
            return checkup_html.page(result, spoken)
        case "markdown":
            return checkup_markdown.markdown(result, spoken)
        case _:
            return checkup_sarif.encode(result, spoken)


def _assert_harmless(result: Checkup, spoken: Language = ENGLISH) -> None:
    _assert_terminal(_written(result, "text", spoken), _written(result, "colour", spoken))
    _assert_page(_written(result, "html", spoken))
    _assert_markdown(_written(result, "markdown", spoken))
    document = json.loads(_written(result, "json", spoken))
    SCHEMA.validate(document)
    for form in ("json", "sarif"):
        assert _written(result, form, spoken).isascii()
    log = json.loads(_written(result, "sarif", spoken))
    SarifLog.model_validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[each["ruleIndex"]] == each["ruleId"] for each in run["results"] if "ruleIndex" in each)


def _assert_terminal(text: str, colored: str) -> None:
    assert not _ACTS.search(text)
    assert [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", colored).splitlines()] == text.splitlines()


class _Page(HTMLParser):
    """What a browser would make of a page: its elements, with their attributes, and its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in {"src", "srcdoc", "action", "xlink:href"}, name
            assert name != "href" or (value or "").startswith("#")
            assert "javascript:" not in (value or "") or name == "aria-label"
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)


def _assert_page(page: str) -> None:
    parser = _Page()
    parser.feed(page)
    parser.close()
    assert not parser.open
    assert set(parser.tags) <= _ALLOWED
    assert parser.scripts == [str(copy_script()[0])]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", page)


_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _assert_markdown(text: str) -> None:
    """No link, image, HTML or broken table; and nothing outside of code that GitHub would turn into one."""
    tokens = [inner for token in _MARKDOWN.parse(text) for inner in (token, *(token.children or ()))]
    kinds = {token.type for token in tokens}
    assert not kinds & {
        "link_open",
        "image",
        "html_inline",
        "html_block",
        "s_open",
        "code_block",
        "hr",
        "blockquote_open",
    }
    assert not kinds & {"ordered_list_open"}
    plain = " ".join(token.content for token in tokens if token.type == "text")
    assert "<script" not in "".join(token.content for token in tokens if token.type == "html_inline")
    raw = _outside_of_code(text)
    assert not re.search(r"https?://|www\.\w|(?<!\\)@\w|(?<!\\)<\w", raw), raw
    assert not _ACTS.search(plain)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) in {5, len(re.findall(r"(?<!\\)\|", rows[0]))} for row in rows)


def _outside_of_code(text: str) -> str:
    text = re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


@_SLOW
@given(snapshots(), st.sampled_from(["en", "fr"]))
def test_whatever_a_snapshot_states_every_check_and_format_runs_and_escapes_it(snapshot: Snapshot, code: str) -> None:
    _assert_harmless(drive(checkup(snapshot)), language(code))


_RESULT = drive(
    checkup(
        Snapshot(
            header=Header(format_version=1, collector="pgclinic test", clock="2026-11-22T12:00:00+00:00"),
            server=Server(version_num=180_000, version="18.0", database="app"),
        )
    )
)
_TEXTS = st.lists(names, min_size=8, max_size=8)


def _finding(texts: list[str], severity: Severity, kind: str = "statement") -> Finding:
    name, schema, parent, text, other, do, undo, blocked = texts
    return Finding(
        check="slow_statement",
        severity=severity,
        object=ObjectName(kind, name, schema, parent),
        summary="The {kind} {name}: {text}.",
        advice="Look at {name} and at {other}.",
        facts=(
            Fact("name", name, Unit.TEXT),
            Fact("text", text, Unit.TEXT),
            Fact("other", other * 20, Unit.TEXT),
            Fact(other or "x", 3, Unit.BYTES),
            Fact("nothing", float("nan"), Unit.RATIO),
        ),
        remedy=Remedy(
            kind="create_index",
            do=(Statement(sql=f"select {do}", lock="SHARE", blocks="writes to {table}", table=blocked),),
            undo=(Statement(sql=f"select {undo}"),),
        ),
    )


@_SLOW
@given(st.lists(st.builds(_finding, _TEXTS, st.sampled_from(Severity)), max_size=12), names, names)
def test_no_text_of_a_finding_or_blind_spot_acts_in_any_format(
    findings: list[Finding], database: str, comment: str
) -> None:
    result = msgspec.structs.replace(
        _RESULT,
        server=msgspec.structs.replace(_RESULT.server, database=database, visitor=comment),
        findings=tuple({finding.fingerprint: finding for finding in findings}.values()),
        points={finding.fingerprint: 1.5 for finding in findings},
    )
    _assert_harmless(result)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_each_hostile_name_is_only_shown(name: str) -> None:
    findings = (_finding([name] * 8, Severity.WARNING), _finding([name] * 8, Severity.NOTICE, "table"))
    _assert_harmless(msgspec.structs.replace(_RESULT, findings=findings))


@pytest.mark.parametrize("form", _FORMATS)
@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"extensions": (Extension(name="pg_stat_statements", version="1.12", schema="public"),)},
        {
            "statements": tuple(
                StatementCounters(queryid=str(number), role="app", text=text, calls=1_000, total_ms=9e5, mean_ms=900)
                for number, text in enumerate(
                    (
                        "select 1 where '" + "x" * (1 << 20) + "' = $1",
                        "select '</script><script>alert(1)</script>' from t",
                        "select '\x1b[2J\x00'",
                        "select " + "(" * 500 + "1" + ")" * 500,
                    )
                )
            )
        },
    ],
    ids=["empty", "extensions only", "hostile statements"],
)
def test_odd_databases_are_examined_and_told_of_in_every_format(form: str, extra: dict[str, object]) -> None:
    snapshot = msgspec.structs.replace(
        Snapshot(
            header=Header(format_version=1, collector="pgclinic test", clock="2026-11-22T12:00:00+00:00"),
            server=Server(version_num=180_000, version="18.0", database="app"),
        ),
        **extra,
    )
    result = drive(checkup(snapshot))
    document = _written(result, form)
    assert document == _written(drive(checkup(snapshot)), form)
    assert len(document) < 400_000 or form == "json"
    _assert_harmless(result)


@pytest.mark.parametrize("form", _FORMATS)
def test_thousands_of_findings_and_statements_stay_a_report_that_can_be_sent(form: str) -> None:
    statements = tuple(
        StatementCounters(
            queryid=str(number),
            role="app",
            text=f"select {', '.join(f'column_{number}_{each}' for each in range(20))} from t{number} where id = $1",
            calls=1_000,
            total_ms=60_000.0,
            mean_ms=60.0,
        )
        for number in range(300)
    )
    findings = tuple(
        msgspec.structs.replace(
            _finding([f"table_{number}"] * 8, list(Severity)[number % 4], "table"),
            check=checks.names()[number % len(checks.names())],
        )
        for number in range(15_000)
    )
    snapshot = Snapshot(
        header=Header(format_version=1, collector="pgclinic test", clock="2026-11-22T12:00:00+00:00"),
        server=Server(version_num=180_000, version="18.0", database="app"),
        statements=statements,
    )
    result = msgspec.structs.replace(drive(checkup(snapshot)), findings=findings)
    limits = {"html": 1_000_000, "markdown": 400_000, "text": 150_000, "colour": 250_000}
    document = _written(result, form)
    if form in limits:
        assert len(document.encode()) < limits[form]
    else:
        assert len(json.loads(document).get("findings", findings)) == len(findings)
