"""The checkup as Markdown, for a pull request or an issue."""

from collections.abc import Iterator, Sequence

from pgclinic.model.checkup import Checkup, Kpi
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.report.checkup_words import (
    Group,
    by_severity,
    cap_words,
    common_advice,
    doubt_words,
    evidence,
    groups,
    hidden_from,
    left_out_words,
    next_step,
    notable,
    points_words,
    severity_heading,
    summary_words,
    texts,
    unjudged,
)
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.locks import lock_words
from pgclinic.report.markdown_words import block, code, escaped, plain
from pgclinic.report.printable import printable, shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.wording import category_words, counts, fact_name, label, object_words, origin, unseen

_MOST_OF_A_CHECK = 5
_MOST_NAMED = 20
_MOST_BLIND_SPOTS = 30
_LONGEST_SQL = 2_000
_LONGEST_STATEMENT = 500
_SIGNS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.NOTICE: "🔵", Severity.INFO: "⚪"}


def markdown(checkup: Checkup, language: Language = ENGLISH) -> str:
    """Grade and key figures as tables, findings under headings, the SQL in fences; GitHub's flavour."""
    return "\n\n".join(part for part in _parts(checkup, language) if part) + "\n"


def _parts(checkup: Checkup, language: Language) -> Iterator[str]:
    grade, server = checkup.grade, checkup.server
    of = language.say("{score} of 100", score=f"{grade.score:.0f}")
    yield f"## pgclinic: {code(server.database)} {plain(grade.letter)}, {of}"
    yield plain(summary_words(checkup, language))
    yield plain(cap_words(grade, language))
    yield plain(
        language.say(
            "PostgreSQL {version}, seen {moment}", version=server.version, moment=language.moment(checkup.header.clock)
        )
    )
    yield "\n".join(
        f"- {lost}: {plain(reason)}" for reason, lost in (doubt_words(each, language) for each in notable(grade.doubts))
    )
    yield _categories(checkup, language)
    yield _key_figures(checkup.kpis, language)
    if not checkup.findings:
        yield plain(language.say("Nothing to report."))
    for severity, members in by_severity(groups(checkup)):
        yield f"### {_SIGNS[severity]} {plain(severity_heading(severity, members, language))}"
        for group in members:
            yield from _group(group, language)
    if checkup.set_aside and checkup.listed_grade is not None:
        yield plain(
            language.say(
                "Not listed: {findings}; without them the grade would be {letter} {score}",
                findings=counts([each.finding for each in checkup.set_aside], language),
                letter=checkup.listed_grade.letter,
                score=f"{checkup.listed_grade.score:.0f}",
            )
        )
    if checkup.left_out:
        yield plain(left_out_words(checkup, language))
    yield from _not_seen(checkup, language)
    command, purpose = next_step(checkup, language)
    yield f"{plain(language.say('Next:'))} {code(command)} {plain(purpose)}"


def _categories(checkup: Checkup, language: Language) -> str:
    measured = [category for category in checkup.grade.categories if category.score is not None]
    names = (plain(category_words(category.name, language)) for category in measured)
    scores = (f"{category.score:.0f}" for category in measured)
    return _table([list(names), list(scores)]) if measured else ""


def _key_figures(kpis: Sequence[Kpi], language: Language) -> str:
    if not kpis:
        return ""
    verdicts = {True: "✅", False: "❌", None: "—"}
    head = ["", language.say("value"), language.say("target"), ""]
    rows = [
        [
            plain(label(kpi.name, language)),
            plain(figure(kpi.value, kpi.unit, language)),
            plain(f"{'>' if kpi.higher_is_better else '<'} {figure(kpi.target, kpi.unit, language)}"),
            " ".join(
                [verdicts[kpi.is_met], *([plain(origin(kpi.provenance, language))] if kpi.value is not None else [])]
            ),
        ]
        for kpi in kpis
    ]
    return _table([head, *rows])


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def _group(group: Group, language: Language) -> Iterator[str]:
    count, points = len(group.findings), points_words(group.points, language)
    title = plain(language.say(group.title).rstrip("."))
    yield f"#### {title}" + (f" ({plain(points)})" if points else "")
    if group.severity is Severity.INFO:
        yield _names(group.findings, language)
        return
    advice = common_advice(group, language) if count > 1 else ""
    if advice:
        yield f"→ {_sentence(group.findings[0].advice, group.findings[0].facts, language)}"
    for finding in group.findings[:_MOST_OF_A_CHECK]:
        yield from _finding(finding, language, with_advice=not advice)
    if count > _MOST_OF_A_CHECK:
        yield _names(group.findings[_MOST_OF_A_CHECK:], language)


def _names(findings: Sequence[Finding], language: Language) -> str:
    """Findings by their objects only."""
    lines = [
        f"- {code(object_words(finding.object, language))} {code(finding.fingerprint)}"
        for finding in findings[:_MOST_NAMED]
    ]
    if rest := len(findings) - len(lines):
        more = language.say_many("and {number} more, in the JSON", "and {number} more, in the JSON", rest)
        lines.append(f"- {plain(more)}")
    return "\n".join(lines)


def _finding(finding: Finding, language: Language, *, with_advice: bool) -> Iterator[str]:
    figures = [
        f"{plain(fact_name(fact.name, language))} {plain(fact_figure(fact, language))} "
        f"\\({plain(origin(fact.provenance, language))}\\)"
        for fact in evidence(finding)
    ]
    about = " · ".join([code(object_words(finding.object, language)), code(finding.fingerprint), *figures])
    yield f"**{_sentence(finding.summary, finding.facts, language)}**  \n{about}"
    if finding.object.kind == "statement":
        yield from (block(shortened(text, _LONGEST_STATEMENT)) for text in texts(finding)[:1])
    if finding.advice and with_advice:
        yield f"→ {_sentence(finding.advice, finding.facts, language)}"
    if finding.remedy is not None:
        yield from _remedy(finding.remedy, language)


def _sentence(template: str, facts: Sequence[Fact], language: Language) -> str:
    """A sentence of ours whose words of the database stand between backticks."""

    def shown(fact: Fact, written: str) -> str:
        return (code(written) or "—") if fact.unit is Unit.TEXT else plain(written)

    return sentence(template, facts, language, show=shown, escape=escaped)


def _remedy(remedy: Remedy, language: Language) -> Iterator[str]:
    yield _sql(remedy.do, language)
    locks = list(dict.fromkeys(filter(None, (lock_words(statement, language) for statement in remedy.do))))
    if locks:
        yield plain("; ".join(locks))
    if remedy.undo:
        yield f"{plain(language.say('The way back'))}:\n\n{_sql(remedy.undo, language)}"


def _sql(statements: Sequence[Statement], language: Language) -> str:
    whole = "\n".join(f"{statement.sql};" for statement in statements)
    cut = whole if len(whole) <= _LONGEST_SQL else whole[:_LONGEST_SQL]
    if printable(cut, lines=True) == whole:
        return block(whole)
    note = language.say("Not shown in full, or with characters that cannot be seen: take it from --format json.")
    return f"{block(cut)}\n\n{plain(note)}"


def _not_seen(checkup: Checkup, language: Language) -> Iterator[str]:
    if not checkup.blind_spots:
        return
    yield f"### {plain(language.say('What could not be seen'))}"
    lines = []
    hidden = hidden_from(checkup)
    for spot in hidden[:_MOST_BLIND_SPOTS]:
        reason = _sentence(spot.reason, spot.facts, language) if spot.facts else plain(language.say(spot.reason))
        lines.append(f"- {plain(unseen(spot, language))}: {reason}")
        if spot.grant:
            lines.append(f"  {code(spot.grant + ';', 400)}")
    if rest := len(hidden[_MOST_BLIND_SPOTS:]):
        more = language.say_many("and {number} more, in the JSON", "and {number} more, in the JSON", rest)
        lines.append(f"- {plain(more)}")
    lines += [f"- {plain(missing)}: {plain(names)}" for missing, names in unjudged(checkup, language)]
    yield "\n".join(lines)
