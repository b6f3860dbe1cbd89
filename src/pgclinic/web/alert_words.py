"""Alerts in words: what a rule looks for, how much it is past its line, and how nobody is told of it for a while."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pgclinic.model.alerting import Alert, Telling
from pgclinic.report.figures import figure
from pgclinic.report.language import Language, later
from pgclinic.report.printable import printable

TITLES: Mapping[str, str] = {
    "unreachable": later("The server does not answer"),
    "grade_drop": later("The grade fell"),
    "p95": later("Slower than it should be (P95)"),
    "plan_regression": later("A statement got slower"),
    "blocker_chain": later("Sessions wait for a lock"),
    "idle_in_transaction": later("Idle inside a transaction"),
    "bloat_growth": later("Dead rows pile up"),
    "freeze_age": later("Wraparound comes nearer"),
    "replication_lag": later("A replica is behind"),
    "slot_growth": later("A slot keeps WAL"),
    "disk_full": later("The disk fills"),
    "connection_saturation": later("Connections run out"),
    "stale_view": later("A view is stale"),
    "archive_failing": later("WAL is not archived"),
    "archive_behind": later("WAL waits to be archived"),
    "base_backup_long": later("A base backup does not end"),
    "slot_unused": later("Nobody reads a slot"),
}
"""Of the rules that are shipped; others are called by their names."""
_SILENT = timedelta(days=1)
_PATTERN = "*?["


def title(rule: str, language: Language) -> str:
    """What a rule looks for."""
    return language.say(TITLES[rule]) if rule in TITLES else rule.replace("_", " ")


def share_of_line(alert: Alert) -> float | None:
    """How far a value that should be below its line is up to twice that, 0 to 1; None where that says nothing."""
    value = alert.worst if alert.value is None else alert.value
    if not alert.threshold or alert.threshold < 0 or not alert.comparison.startswith(">"):
        return None
    return min(value / alert.threshold / 2, 1.0)


def line_words(alert: Alert, language: Language) -> str:
    """The line that it is past, such as ``> 5 GB``; an em dash where that was not kept."""
    if alert.threshold is None:
        return "—"
    return f"{alert.comparison} {figure(alert.threshold, alert.unit, language)}"


def silence(alert: Alert, now: datetime | None = None) -> str:
    """What to write into the file of rules so that nobody is told of this alert for a day."""
    until = ((now or datetime.now(UTC)) + _SILENT).astimezone(UTC)
    lines = [
        "[[silences]]",
        f"rules = [{_quoted(alert.rule)}]",
        f"targets = [{_quoted(alert.target)}]",
        *([f"objects = [{_quoted(alert.object)}]"] if alert.object else []),
        f"until = {until:%Y-%m-%dT%H:%M}:00Z",
    ]
    return "\n".join(lines)


def told_words(tellings: Sequence[Telling], language: Language) -> list[tuple[str, str]]:
    """Of each message in a few words, with its tone: ``good``, ``poor`` or empty."""
    return [
        (
            language.say("{channel}, its end: {state}", channel=printable(each.channel), state=_state(each, language))
            if each.is_resolved
            else f"{printable(each.channel)}: {_state(each, language)}",
            _tone(each),
        )
        for each in tellings
    ]


def _state(telling: Telling, language: Language) -> str:
    if telling.sent_at is not None:
        return language.say("sent {moment}", moment=language.moment(telling.sent_at))
    if telling.is_given_up:
        return language.say("given up")
    if telling.failed:
        return language.say_many("failed {number} time", "failed {number} times", telling.failed)
    return language.say("waiting")


def _tone(telling: Telling) -> str:
    if telling.sent_at is not None:
        return "good"
    return "poor" if telling.failed or telling.is_given_up else ""


def _quoted(name: str) -> str:
    """A pattern that fits this name alone, as a string of TOML."""
    literal = "".join(f"[{sign}]" if sign in _PATTERN else sign for sign in name)
    return json.dumps(literal, ensure_ascii=False)
