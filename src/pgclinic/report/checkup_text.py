"""The checkup for a terminal: the worst first, what to do about it, and what to run next."""

from collections.abc import Iterator, Sequence

from rich.columns import Columns
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pgclinic.model.checkup import Checkup, Kpi
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.report.asides_text import asides
from pgclinic.report.checkup_words import (
    Group,
    advice_of,
    by_severity,
    cap_words,
    common_advice,
    doubt_words,
    evidence,
    groups,
    hidden_from,
    next_step,
    notable,
    points_words,
    reason_of,
    severity_heading,
    summary_words,
    texts,
    unjudged,
)
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.locks import lock_words
from pgclinic.report.overview_text import overview
from pgclinic.report.printable import printable, shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.terminal import (
    ACCENT,
    GOOD,
    POOR,
    QUIET,
    Column,
    hanging,
    heading,
    indented,
    rendered,
    score_style,
    severity_style,
    table,
    words,
)
from pgclinic.report.wording import category_words, counts, fact_name, label, object_words, origin, unseen

_MOST_OF_A_CHECK = 3
"""Findings of one check that are told in full; the others are counted."""
_MOST_GROUPS = 50
"""Checks whose findings are told at all; the others are named with how many there are."""
_MOST_FACTS = 6
_LONGEST_SQL = 600
_LONGEST_STATEMENT = 200
_LONGEST_REST = 150


def text(checkup: Checkup, *, width: int = 80, color: bool = False, language: Language = ENGLISH) -> str:
    """Grade, key figures, findings with what to do, where time and space go, and what could not be seen."""
    return rendered(list(_parts(checkup, language)), width=width, color=color)


def _parts(checkup: Checkup, language: Language) -> Iterator[RenderableType]:
    yield from _grade(checkup, language)
    if checkup.kpis:
        yield heading(language.say("Key figures"))
        yield indented(_key_figures(checkup, language))
    found = by_severity(groups(checkup))
    if not found:
        yield heading(language.say("Findings"), counts(checkup.findings, language))
    room = _MOST_GROUPS
    for severity, members in found:
        title = severity_heading(severity, members, language)
        yield Text()
        yield words((title.upper(), f"bold {severity_style(severity)}"))
        for group in members:
            room -= 1
            if severity is Severity.INFO or room < 0:
                yield indented(_mention(group, language))
            else:
                yield Text()
                yield from _group(group, language)
    yield from overview(checkup.overview, language)
    yield from asides(checkup, language)
    yield from _not_seen(checkup, language)
    command, purpose = next_step(checkup, language)
    yield Text()
    yield words((summary_words(checkup, language), f"bold {score_style(checkup.grade.score)}"))
    yield words((f"{language.say('Next:')} ", "bold"), (command, f"bold {ACCENT}"), (f"   {purpose}", QUIET))


def _grade(checkup: Checkup, language: Language) -> Iterator[RenderableType]:
    grade, server = checkup.grade, checkup.server
    style = f"bold {score_style(grade.score)}"
    seen = language.say(
        "PostgreSQL {version}, seen {moment}", version=server.version, moment=language.moment(checkup.header.clock)
    )
    yield words(
        (f"{grade.letter} ", style),
        (" " + language.say("{score} of 100", score=f"{grade.score:.0f}"), style),
        f"   {shortened(server.database, 30)}",
        (f"   {seen}", QUIET),
    )
    if grade.cap:
        yield words((cap_words(grade, language), POOR))
    confidence = language.say("confidence {letter}", letter=grade.confidence)
    if notable(grade.doubts):
        confidence = language.say("confidence {letter}:", letter=grade.confidence)
    yield words((confidence, QUIET))
    for doubt in notable(grade.doubts):
        reason, lost = doubt_words(doubt, language)
        yield indented(hanging(words((lost, QUIET)), words((reason, QUIET)), 7))
    if grade.categories:
        yield Text()
        yield Columns(_categories(checkup, language), padding=(0, 3))


def _categories(checkup: Checkup, language: Language) -> Iterator[Text]:
    for category in checkup.grade.categories:
        name = (f"{category_words(category.name, language)} ", QUIET)
        if category.score is None:
            yield words(name, (language.say("not measured"), QUIET))
        else:
            yield words(name, (f"{category.score:.0f}", score_style(category.score)))


def _key_figures(checkup: Checkup, language: Language) -> Table:
    columns = (
        Column("", is_figure=False),
        Column(""),
        Column(language.say("target")),
        Column("", is_figure=False),
        Column("", is_figure=False),
    )
    return table(columns, [_kpi(kpi, language) for kpi in checkup.kpis])


def _kpi(kpi: Kpi, language: Language) -> tuple[Text, ...]:
    verdict = {
        True: (language.say("reached"), GOOD),
        False: (language.say("missed"), POOR),
        None: (language.say("not measured"), QUIET),
    }[kpi.is_met]
    sign = ">" if kpi.higher_is_better else "<"
    return (
        words(label(kpi.name, language)),
        words((figure(kpi.value, kpi.unit, language), "bold")),
        words((f"{sign} {figure(kpi.target, kpi.unit, language)}", QUIET)),
        words(verdict),
        words((origin(kpi.provenance, language) if kpi.value is not None else "", QUIET)),
    )


def _mention(group: Group, language: Language) -> Text:
    """What is only worth knowing, in one line."""
    count = len(group.findings)
    return words(
        (group.check, "bold"),
        (f" \N{MULTIPLICATION SIGN}{count}" if count > 1 else "", QUIET),
        f"  {language.say(group.title)}",
    )


def _group(group: Group, language: Language) -> Iterator[RenderableType]:
    """A check's findings under its name: what they cost, what was seen, what to do."""
    count = len(group.findings)
    title = words(
        (group.check, f"bold {severity_style(group.severity)}"),
        (f"  \N{MULTIPLICATION SIGN}{count}" if count > 1 else "", QUIET),
    )
    yield _ends(title, words((points_words(group.points, language), GOOD)))
    advice = common_advice(group, language) if count > 1 else ""
    shown = group.findings[:_MOST_OF_A_CHECK]
    for finding in shown:
        yield from _finding(finding, language, with_advice=not advice, bullet=count > 1)
    if rest := group.findings[len(shown) :]:
        names = ", ".join(object_words(finding.object, language) for finding in rest)
        more = language.say_many("and {number} more: {names}", "and {number} more: {names}", len(rest), names=names)
        yield indented(words((shortened(more, _LONGEST_REST), QUIET)))
    if advice:
        yield indented(hanging(words(("→", ACCENT)), words(advice), 2))


def _finding(finding: Finding, language: Language, *, with_advice: bool, bullet: bool) -> Iterator[RenderableType]:
    lines: list[RenderableType] = [words(sentence(finding.summary, finding.facts, language))]
    lines += [words((shortened(each, _LONGEST_STATEMENT), QUIET)) for each in texts(finding)[:1]]
    about = [
        object_words(finding.object, language),
        finding.fingerprint,
        *_evidence(evidence(finding)[:_MOST_FACTS], language),
    ]
    lines.append(words((" · ".join(about), QUIET)))
    if finding.advice and with_advice:
        lines.append(hanging(words(("→", ACCENT)), words(advice_of(finding, language)), 2))
    if finding.remedy is not None:
        lines += _remedy(finding.remedy, language)
    for number, line in enumerate(lines):
        lead = words(("•" if bullet and not number else "", QUIET))
        yield indented(hanging(lead, line, 2)) if bullet else indented(line)


def _evidence(facts: Sequence[Fact], language: Language) -> Iterator[str]:
    """The figures by where they come from, which is said once for each."""
    for provenance in dict.fromkeys(fact.provenance for fact in facts):
        figures = (
            f"{fact_name(fact.name, language)} {fact_figure(fact, language)}"
            for fact in facts
            if fact.provenance is provenance
        )
        yield f"{', '.join(figures)} ({origin(provenance, language)})"


def _remedy(remedy: Remedy, language: Language) -> Iterator[RenderableType]:
    """The SQL that cures it with its lock, and the way back."""
    for statement in remedy.do:
        yield words((_sql(statement, language), f"bold {ACCENT}"))
    locks = list(dict.fromkeys(filter(None, (lock_words(statement, language) for statement in remedy.do))))
    if locks:
        yield indented(words(("; ".join(locks), QUIET)))
    undo = " ".join(_sql(statement, language) for statement in remedy.undo)
    yield indented(words((language.say("undo: {sql}", sql=undo) if undo else language.say("no way back"), QUIET)))


def _sql(statement: Statement, language: Language) -> str:
    """A statement as it can be run; what a terminal cannot show as it is says so."""
    if printable(statement.sql) != " ".join(statement.sql.split()) or len(statement.sql) > _LONGEST_SQL:
        return language.say("{sql}   -- not shown in full: see --format json", sql=shortened(statement.sql, 120))
    return f"{statement.sql};"


def _not_seen(checkup: Checkup, language: Language) -> Iterator[RenderableType]:
    """What was hidden, and last the checks that could not judge because of it, in one line a reason."""
    if not checkup.blind_spots:
        return
    yield heading(language.say("Not seen"), language.say("it lowers the confidence, and was not guessed"))
    for spot in hidden_from(checkup):
        yield from _blind_spot(spot, language)
    for missing, names in unjudged(checkup, language):
        yield indented(words((f"{missing}: ", "bold"), names))


def _blind_spot(spot: BlindSpot, language: Language) -> Iterator[RenderableType]:
    yield indented(words((f"{unseen(spot, language)}: ", "bold"), reason_of(spot, language)))
    if spot.grant:
        yield indented(words((f"{spot.grant};", ACCENT)), 4)


def _ends(left: Text, right: Text) -> Table:
    """One line with something at each end."""
    grid = Table.grid(expand=True)
    grid.add_column()
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, right)
    return grid
