"""A file of rules: the ones that are shipped, with what the user's own file says about them laid over.

What does not fit is said in one UserError that names the file, the rule and the key.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pgclinic.model.clock import seconds_between
from pgclinic.model.errors import UserError
from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Severity
from pgclinic.model.toml import read_toml
from pgclinic.watch.alerts.derived import known, unit_of
from pgclinic.watch.alerts.quantities import Condition, condition, quantity, seconds, span
from pgclinic.watch.alerts.reading import Table
from pgclinic.watch.alerts.rules import Channel, Rule, Rules, View
from pgclinic.watch.alerts.silences import DAYS, Silence

DEFAULTS = "defaults.toml"
_NO_OBSERVATION = "is none; docs/alerts.md lists them"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLACE = re.compile(r"\{([^{}]*)\}")
_PLACES = {"value", "threshold", "object", "target"}
_UNITS = {View.TIMES_PAST: Unit.TIMES, View.TIME_LEFT: Unit.SECONDS}
_VIEWS = {"change_over": View.CHANGE, "median_over": View.TIMES_PAST, "trend_over": View.TIME_LEFT}
_DAILY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)\Z")


def default_text() -> str:
    """The file that is shipped, to be read and copied from."""
    return resources.files(__package__).joinpath(DEFAULTS).read_text(encoding="utf-8")


def read(path: Path | None, environment: Mapping[str, str] | None = None) -> Rules:
    """The rules in force with this file, or without one. Raises UserError."""
    shipped = tomllib.loads(default_text())
    own = {} if path is None else read_toml(path, "rules")
    source = DEFAULTS if path is None else str(path)
    surroundings = os.environ if environment is None else environment
    return _rules(Table(own, source, ""), shipped["rules"], surroundings)


def _rules(file: Table, shipped: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]) -> Rules:
    file.demand_keys("rules", "channels", "silences", "refresh")
    given = file.tables("rules")
    merged = {name: Table(dict(values), file.source, f"rules.{name}") for name, values in shipped.items()}
    for name, table in given.items():
        table.demand_table()
        if name in merged:
            # Another way of looking replaces the shipped one, or both would be in force.
            hidden = set(_VIEWS) if set(_VIEWS) & set(table.values) else set()
            kept = {key: value for key, value in shipped[name].items() if key not in hidden}
            table = Table({**kept, **table.values}, file.source, table.place)  # noqa: PLW2901 - laid over
        merged[name] = table
    channels = tuple(_channel(table, number, environment) for number, table in enumerate(file.list("channels"), 1))
    names = [channel.name for channel in channels]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{file.source}: two [[channels]] are called {name!r}; give each a name of its own.")
    return Rules(
        source=file.source,
        rules=tuple(_rule(name, table) for name, table in merged.items() if table.flag("enabled", default=True)),
        channels=channels,
        silences=tuple(_silence(table, merged) for table in file.list("silences")),
    )


def _rule(name: str, table: Table) -> Rule:
    table.demand_keys(
        "enabled", "observation", "fires", "resolves", "for", "severity", "says", "resolved", "at_least", "targets",
        *_VIEWS,
    )  # fmt: skip
    observation = table.text("observation")
    own_unit = unit_of(observation)
    if own_unit is None:
        close = get_close_matches(observation, known(), n=3, cutoff=0.5)
        raise table.wrong("observation", f"is none; did you mean {' or '.join(close)}" if close else _NO_OBSERVATION)
    views = [key for key in _VIEWS if key in table.values]
    if len(views) > 1:
        raise table.wrong(views[1], f"cannot stand beside {views[0]}")
    view = _VIEWS[views[0]] if views else View.VALUE
    unit = _UNITS.get(view, own_unit)
    fires, resolves = _conditions(table, unit)
    return Rule(
        name=name,
        observation=observation,
        unit=unit,
        view=view,
        over=table.quantity(views[0], span) if views else 0.0,
        fires=fires,
        resolves=resolves,
        says=_sentence(table, "says"),
        resolved=_sentence(table, "resolved"),
        severity=_severity(table),
        for_seconds=table.quantity("for", seconds, default=0.0),
        at_least=table.quantity("at_least", lambda text: quantity(text, own_unit), default=None),
        targets=table.texts("targets", ("*",)),
    )


def _conditions(table: Table, unit: Unit) -> tuple[Condition, Condition]:
    fires = table.quantity("fires", lambda text: condition(text, unit))
    resolves = table.quantity("resolves", lambda text: condition(text, unit))
    other = f"than fires ({table.text('fires')})"
    if fires.is_above == resolves.is_above:
        raise table.wrong("resolves", f"has to compare the other way round {other}")
    if (resolves.threshold > fires.threshold) if fires.is_above else (resolves.threshold < fires.threshold):
        raise table.wrong("resolves", f"has to be no nearer to what is bad {other}")
    return fires, resolves


def _sentence(table: Table, key: str) -> str:
    text = table.text(key)
    for place in _PLACE.findall(text):
        if place not in _PLACES:
            raise table.wrong(key, f"has no place {{{place}}}; there are {', '.join(sorted(_PLACES))}")
    return text


def _severity(table: Table) -> Severity:
    word = table.text("severity", "warning")
    if word.upper() not in Severity.__members__:
        raise table.wrong("severity", f"has to be one of {', '.join(each.name.lower() for each in Severity)}")
    return Severity[word.upper()]


def _channel(table: Table, number: int, environment: Mapping[str, str]) -> Channel:
    table.demand_keys("name", "url", "severity")

    def filled(match: re.Match[str]) -> str:
        value = environment.get(match[1])
        if not value:
            raise table.wrong("url", f"names {match[0]}, and the environment has no {match[1]}")
        return value

    return Channel(
        name=table.text("name", f"channel {number}"),
        url=_VARIABLE.sub(filled, table.text("url")),
        severity=_severity(table),
    )


def _silence(table: Table, rules: Mapping[str, Table]) -> Silence:
    table.demand_keys("rules", "targets", "objects", "from", "until", "daily", "days", "zone")
    patterns = table.texts("rules", ("*",))
    for name in patterns:
        if not set(name) & set("*?[") and name not in rules:
            raise table.wrong("rules", f"names {name!r}, which is no rule")
    days = table.texts("days", DAYS)
    if set(days) - set(DAYS):
        raise table.wrong("days", f"has to be of {', '.join(DAYS)}")
    silence = Silence(
        rules=patterns,
        targets=table.texts("targets", ("*",)),
        objects=table.texts("objects", ("*",)),
        begins=_moment(table, "from"),
        ends=_moment(table, "until"),
        daily=_daily(table),
        days=days,
        zone=table.text("zone", "UTC"),
    )
    try:
        ZoneInfo(silence.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise table.wrong("zone", "has to be a time zone such as Europe/Paris") from None
    return silence


def _moment(table: Table, key: str) -> str:
    if key not in table.values:
        return ""
    value = table.values[key]
    text = value if isinstance(value, str) else getattr(value, "isoformat", lambda: "")()
    try:
        seconds_between(text, text)
        if not re.search(r"(Z|[+-]\d\d:?\d\d)\Z", text):
            raise table.wrong(key, "has to say its time zone, such as 2026-12-24T20:00:00+01:00")
    except ValueError:
        raise table.wrong(key, "has to be a time such as 2026-12-24T20:00:00Z") from None
    return text


def _daily(table: Table) -> tuple[int, int] | None:
    if "daily" not in table.values:
        return None
    match = _DAILY.match(table.text("daily"))
    if match is None:
        raise table.wrong("daily", "has to be two times such as 22:00-06:00")
    hours = tuple(map(int, match.groups()))
    return 60 * hours[0] + hours[1], 60 * hours[2] + hours[3]
