"""What was looked at before a treatment, for a terminal: a table of the database, one of the items, and details."""

from collections.abc import Iterator

from rich.console import RenderableType

from pgclinic.model.evidence import Unit
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.preflight import Decision, Examination, Look, Preflight, Verdict
from pgclinic.model.prescription import Prescription, Statement
from pgclinic.report.figures import figure
from pgclinic.report.locks import blocks_words
from pgclinic.report.sentences import sentence
from pgclinic.report.terminal import ACCENT, FAIR, GOOD, POOR, QUIET, Column, heading, indented, table, words

_STYLES = {Verdict.FINE: GOOD, Verdict.MIND: FAIR, Verdict.UNSEEN: QUIET, Verdict.STOP: POOR}
_DECISIONS = {
    Decision.APPLY: GOOD,
    Decision.RESUME: ACCENT,
    Decision.ALREADY_DONE: QUIET,
    Decision.NEEDLESS: QUIET,
    Decision.LATER: FAIR,
    Decision.REFUSED: POOR,
}
_TO_DO = frozenset({Decision.APPLY, Decision.RESUME, Decision.LATER, Decision.REFUSED})
_INDENT = 5


def preflight_parts(preflight: Preflight, *, with_statements: bool) -> Iterator[RenderableType]:
    """The looks at the database, a table of the items, and of each what must be known before.

    ``with_statements``: also the statements of each, with their locks, and the looks that found nothing to mind.
    """
    yield heading("Pre-flight", f"database {preflight.database}")
    yield indented(_looks(preflight.looks))
    if preflight.items:
        yield heading("Items", "in this order; sizes and times are estimated")
        yield indented(_items(preflight.items))
    explained: set[str] = set()
    for number, item in enumerate(preflight.items, start=1):
        details = list(_details(item, explained, with_statements=with_statements))
        if details:
            yield words("")
            yield words((f"{number:>{_INDENT - 1}} ", QUIET), (object_words(item.prescription.object), "bold"))
            yield from (indented(each, _INDENT) for each in details)
    yield from application_parts(preflight.in_application)


def application_parts(items: tuple[Prescription, ...]) -> Iterator[RenderableType]:
    """What is left for the application to do."""
    if not items:
        return
    yield heading("In your application", "pgclinic cannot do it; the prescription has the statements and the code")
    for item in items:
        yield indented(words((object_words(item.object), "bold")))
        change = item.application.summary if item.application else sentence(item.reason, item.facts)
        yield indented(words(change), _INDENT)


def object_words(subject: ObjectName) -> str:
    """An object by its kind and name, without the schema when that is ``public``."""
    path = f"{subject.parent}.{subject.name}" if subject.parent else subject.name
    return f"{subject.kind} {path if subject.schema in {'', 'public'} else f'{subject.schema}.{path}'}"


def _items(items: tuple[Examination, ...]) -> RenderableType:
    rows = [
        (
            words((f"{number}", QUIET)),
            words((item.decision.value, f"bold {_DECISIONS[item.decision]}")),
            words(object_words(item.prescription.object)),
            words(_where(item.prescription)),
            words((figure(item.prescription.size_bytes, Unit.BYTES) if item.prescription.size_bytes else "", QUIET)),
            words((_takes(item.prescription), QUIET)),
        )
        for number, item in enumerate(items, start=1)
    ]
    columns = (
        Column(""),
        Column("verdict", is_figure=False),
        Column("item", is_figure=False),
        Column("table", is_figure=False),
        Column("size"),
        Column("time"),
    )
    return table(columns, rows)


def _where(prescription: Prescription) -> str:
    subject = prescription.table
    if subject.kind != "table" or subject == prescription.object:
        return ""
    return str(RelationName(subject.schema, subject.name))


def _takes(prescription: Prescription) -> str:
    return figure(prescription.build_seconds, Unit.SECONDS) if prescription.build_seconds is not None else ""


def _details(item: Examination, explained: set[str], *, with_statements: bool) -> Iterator[RenderableType]:
    if item.reason:
        yield words((item.reason, POOR if item.decision is Decision.REFUSED else QUIET))
    if with_statements and item.decision in _TO_DO:
        for statement in item.prescription.do:
            yield words((f"{statement.sql};", ACCENT))
        if lock := _lock(item.prescription.do, explained):
            yield words((lock, QUIET))
    to_mind = tuple(look for look in item.looks if look.verdict is not Verdict.FINE)
    if to_mind:
        yield _looks(to_mind)
    fine = [f"{look.subject}: {look.words}" for look in item.looks if look.verdict is Verdict.FINE]
    if fine and with_statements:
        yield words((Verdict.FINE.value, GOOD), (f"  {' · '.join(fine)}", QUIET))


def _looks(looks: tuple[Look, ...]) -> RenderableType:
    rows = [
        (words((look.verdict.value, _STYLES[look.verdict])), words(look.subject), words((look.words, _style(look))))
        for look in looks
    ]
    grid = table([Column("", is_figure=False)] * 3, rows)
    grid.show_header = False
    return grid


def _style(look: Look) -> str:
    return QUIET if look.verdict in {Verdict.FINE, Verdict.UNSEEN} else ""


def _lock(statements: tuple[Statement, ...], explained: set[str]) -> str:
    """The locks by their names, each the first time with what it blocks."""
    parts: list[str] = []
    for statement in statements:
        if not statement.lock or any(part.startswith(statement.lock.lower()) for part in parts):
            continue
        blocks = "" if statement.lock in explained else f", which blocks {blocks_words(statement)}"
        explained.add(statement.lock)
        parts.append(f"{statement.lock.lower()}{blocks}")
    return f"lock {'; '.join(parts)}" if parts else ""
