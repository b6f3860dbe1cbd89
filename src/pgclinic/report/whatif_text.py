"""What indexes would do, for a terminal: each index, the query's plans before and after, and the workload."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.whatif import HiddenIndex, StatementEffect, TriedIndex, WhatIf
from pgclinic.model.workload import ParameterSet
from pgclinic.report.figures import figure
from pgclinic.report.plan_text import bar, difference
from pgclinic.report.planning_words import factor, planner_words, range_words, statement_words, values_words
from pgclinic.report.printable import shortened
from pgclinic.report.terminal import (
    ACCENT,
    FAIR,
    GOOD,
    POOR,
    QUIET,
    Column,
    hanging,
    heading,
    indented,
    rendered,
    table,
    words,
)
from pgclinic.report.wording import plural
from pgclinic.sql import quote

_MOST_CHANGES = 10
_LONGEST_STATEMENT = 200
_LONGEST_QUERY = 600
_MOST_OMISSIONS = 3
_COST_BAR = 36
_STYLE_OF_CHANGE = {-1: GOOD, 0: "", 1: POOR}


def text(answer: WhatIf, *, width: int = 80, color: bool = False) -> str:
    """The whole answer."""
    return rendered(list(_parts(answer)), width=width, color=color)


def _parts(answer: WhatIf) -> Iterator[RenderableType]:
    planner = planner_words(answer.planned_by)
    yield words(("What if", "bold"), f"   {answer.database}", (f"   planned by {planner}", QUIET))
    for index in answer.indexes:
        yield Text()
        yield from _tried(index)
    for hidden in answer.hidden:
        yield Text()
        yield from _hidden(hidden)
    for note in answer.notes:
        yield words((note, FAIR))
    for effect in answer.queries:
        yield heading(effect.name)
        yield indented(words((shortened(effect.sql, _LONGEST_QUERY), ACCENT)))
        yield from (indented(part) for part in _costs(effect))
        if effect.telling.parameters is not None:
            yield indented(words((f"shown for {_values(effect.telling.parameters)}", QUIET)))
        yield Text()
        yield from (indented(part) for part in difference(effect.telling.before, effect.telling.after))
    yield from _workload(answer)


def _tried(index: TriedIndex) -> Iterator[RenderableType]:
    yield hanging(words(("+", GOOD)), words((f"{quote.create_index(index.definition, index.name)};", "bold")), 2)
    size = figure(index.bytes, Unit.BYTES)
    if index.build_seconds is not None:
        size += f", built in about {figure(index.build_seconds, Unit.SECONDS)}"
    facts = [f"{size} (estimated)"]
    if index.uses:
        facts.append(f"used by {plural(index.uses, 'statement')}")
    yield indented(words((" · ".join(facts), QUIET)))
    if index.exists_as:
        yield indented(words((f"It exists in other words: {index.exists_as} does all that it could do.", FAIR)))
    elif index.unused_because:
        yield indented(words((f"No plan uses it: {index.unused_because}.", FAIR)))


def _hidden(hidden: HiddenIndex) -> Iterator[RenderableType]:
    yield hanging(words(("-", POOR)), words((f"drop index {quote.relation(hidden.name)};", "bold")), 2)
    facts = [f"on {hidden.table}"]
    if hidden.bytes is not None:
        facts.append(f"gives back {figure(hidden.bytes, Unit.BYTES)} (measured)")
    yield indented(words((" · ".join(facts), QUIET)))
    if hidden.enforces:
        yield indented(words((f"It enforces the constraint {hidden.enforces}, which would have to go first.", FAIR)))


def _costs(effect: StatementEffect) -> Iterator[RenderableType]:
    before, after = effect.cost_before, effect.cost_after
    style, highest = _STYLE_OF_CHANGE[effect.change], max(before, after) or 1.0
    sources = dict.fromkeys(pair.parameters.source for pair in effect.pairs if pair.parameters)
    spread = [
        range_words(min(costs), max(costs))
        for costs in (
            [pair.before.cost for pair in effect.pairs],
            [pair.after.cost for pair in effect.pairs],
        )
    ]
    change = (f" {factor(before, after)}", f"bold {style}".strip())
    rows = [
        (
            words((label, QUIET)),
            words((figure(cost, Unit.COST), tint)),
            words((bar(cost / highest, _COST_BAR), tint), *rest),
        )
        for label, cost, tint, rest in (("before", before, QUIET, ()), ("after", after, style, (change,)))
    ]
    yield table((Column("planned", is_figure=False), Column("cost"), Column("", is_figure=False)), rows)
    if values := values_words(sources, len(effect.pairs)):
        ends = f"{spread[0] or figure(before, Unit.COST)} → {spread[1] or figure(after, Unit.COST)}"
        yield words((f"over {values}: {ends}", QUIET))
    if effect.generic is not None:
        generic = effect.generic
        ends = f"{figure(generic.before.cost, Unit.COST)} → {figure(generic.after.cost, Unit.COST)}"
        yield words((f"as a generic plan: {ends}", QUIET))


def _values(parameters: ParameterSet) -> str:
    given = [f"${number} = {value}" for number, value in enumerate(parameters.values, 1) if value is not None]
    return shortened(", ".join(given), _LONGEST_STATEMENT)


def _workload(answer: WhatIf) -> Iterator[RenderableType]:
    better = [effect for effect in answer.effects if effect.change < 0]
    worse = [effect for effect in answer.effects if effect.change > 0]
    unchanged = len(answer.effects) - len(better) - len(worse) + answer.others
    yield heading("Workload", answer.source)
    if not answer.effects and not answer.others:
        yield indented(words("It holds no statement that can be planned."))
    else:
        yield indented(
            words(
                (f"{plural(len(better), 'statement')} cheaper", GOOD if better else ""),
                ", ",
                (f"{len(worse):,} dearer", POOR if worse else ""),
                f", {unchanged:,} unchanged",
            )
        )
        yield from _changes([effect for effect in answer.effects if effect.change])
    if answer.omitted:
        yield indented(words((f"{plural(len(answer.omitted), 'statement')} left out:", QUIET)))
        for reason in answer.omitted[:_MOST_OMISSIONS]:
            yield indented(words((shortened(reason, _LONGEST_STATEMENT), QUIET)), 4)
        if len(answer.omitted) > _MOST_OMISSIONS:
            yield indented(words((f"and {len(answer.omitted) - _MOST_OMISSIONS} more, in the JSON", QUIET)), 4)


def _changes(changed: list[StatementEffect]) -> Iterator[RenderableType]:
    if not changed:
        return
    before = sum(effect.calls * effect.cost_before for effect in changed)
    after = sum(effect.calls * effect.cost_after for effect in changed)
    yield indented(
        words(
            "those that change, calls times planner cost: ",
            f"{figure(before, Unit.COST)} → ",
            (figure(after, Unit.COST), f"bold {GOOD if after < before else POOR}"),
        )
    )
    rows = [
        (
            words(statement_words(effect.name, effect.fingerprint, effect.sql)),
            words(figure(effect.calls, Unit.COUNT)),
            words(figure(effect.cost_before, Unit.COST)),
            words((figure(effect.cost_after, Unit.COST), "bold")),
            words((factor(effect.cost_before, effect.cost_after), _STYLE_OF_CHANGE[effect.change])),
        )
        for effect in changed[:_MOST_CHANGES]
    ]
    titles = ("calls", "cost before", "after", "planned")
    columns = (Column("statement", is_figure=False), *(Column(title) for title in titles))
    yield Text()
    yield indented(table(columns, rows))
    if len(changed) > _MOST_CHANGES:
        yield indented(words((f"and {plural(len(changed) - _MOST_CHANGES, 'statement')} more, in the JSON", QUIET)))
