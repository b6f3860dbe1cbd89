"""What people are told: one notice an edge, several in one message. Other people's names are made harmless. Pure."""

from collections.abc import Sequence

import msgspec

from pgclinic.model.finding import Severity
from pgclinic.report.figures import figure
from pgclinic.report.language import filled
from pgclinic.report.printable import shortened
from pgclinic.watch.alerts.engine import Change
from pgclinic.watch.alerts.rules import Rule

_LONGEST_NAME = 80
_MOST_LINES = 20
_MARKUP = str.maketrans(dict.fromkeys("<>`*|~[]", "·") | {"@": "(at)"})
"""A table called ``<!channel>`` or ``@everyone`` calls nobody."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One edge in words. ``is_resolved``: it is over."""

    target: str
    rule: str
    object: str
    severity: Severity
    at: str
    text: str
    is_resolved: bool = False


class Message(msgspec.Struct, frozen=True):
    """Notices put together: ``severity`` is the worst of those that rise, None when all are resolved."""

    title: str
    body: str
    severity: Severity | None


def notice_of(change: Change) -> Notice | None:
    """What a change says, if people are to be told of it."""
    standing, rule = change.standing, change.rule
    if not change.rises and not change.resolves:
        return None
    return Notice(
        target=standing.target,
        rule=standing.rule,
        object=standing.object,
        severity=rule.severity if rule else Severity.INFO,
        at=change.at,
        text=_words(change, rule),
        is_resolved=change.resolves,
    )


def message(notices: Sequence[Notice]) -> Message:
    """One message; the worst first, what is resolved last. ``notices`` has at least one."""
    ordered = sorted(notices, key=lambda each: (each.is_resolved, -each.severity, each.target, each.rule, each.object))
    rising = [each for each in ordered if not each.is_resolved]
    lines = [_line(each) for each in ordered[:_MOST_LINES]]
    if len(ordered) > _MOST_LINES:
        lines.append(f"… and {len(ordered) - _MOST_LINES} more.")
    return Message(
        title=f"pgclinic: {_title(ordered)}",
        body="\n".join(lines),
        severity=rising[0].severity if rising else None,
    )


def _title(ordered: Sequence[Notice]) -> str:
    targets = sorted({each.target for each in ordered})
    where = harmless(targets[0]) if len(targets) == 1 else f"{len(targets)} databases"
    if len(ordered) == 1:
        (only,) = ordered
        return f"{where}: {only.rule} {'resolved' if only.is_resolved else only.severity.name.lower()}"
    rising = sum(not each.is_resolved for each in ordered)
    parts = [f"{rising} alert{'s' if rising > 1 else ''}"] if rising else []
    parts += [f"{len(ordered) - rising} resolved"] if rising < len(ordered) else []
    return f"{where}: {', '.join(parts)}"


def _line(notice: Notice) -> str:
    word = "resolved" if notice.is_resolved else notice.severity.name.lower()
    return f"{word} · {harmless(notice.target)} · {notice.rule}: {notice.text} ({notice.at[:19].replace('T', ' ')} UTC)"


def _words(change: Change, rule: Rule | None) -> str:
    standing = change.standing
    if rule is None:
        return f"The rule {standing.rule} is not in force any more."
    if change.resolves and change.value is None:
        return f"{harmless(standing.object)} was not seen any more."
    value = standing.value if change.value is None else change.value
    places = {
        "value": figure(value, rule.unit),
        "threshold": figure(rule.fires.threshold, rule.unit),
        "object": harmless(standing.object),
        "target": harmless(standing.target),
    }
    return filled(rule.resolved if change.resolves else rule.says, places)


def harmless(name: str) -> str:
    """Somebody else's name as part of a message to a chat."""
    return shortened(name, _LONGEST_NAME).translate(_MARKUP)
