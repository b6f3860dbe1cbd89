"""Figures for people: every unit has one way of being written, in every format."""

from collections.abc import Callable

from pgclinic.model.evidence import Fact, Unit
from pgclinic.report.language import ENGLISH, Language, later
from pgclinic.report.printable import shortened

_LONGEST_TEXT = 140
_STEPS_OF_BYTES = (later("bytes"), later("kB"), later("MB"), later("GB"), later("TB"), later("PB"))
"""Powers of 1,024 under the names that PostgreSQL's pg_size_pretty uses."""
_FEW = 10
_MANY = 100
_SECOND_MS = 1000
_MINUTE_MS = 120_000
_HOUR_MS = 3 * 3_600_000
_DAY_MS = 3 * 86_400_000
_NEARLY_NOTHING = 0.05
_NEARLY_ALL = 99.95
_ABSURD = 1e18
"""No database counts so far; a snapshot may state anything."""


def figure(value: float | str | None, unit: Unit, language: Language = ENGLISH) -> str:
    """``value`` with its unit, three digits at most where more would claim a precision that is not there.

    None is an em dash: not measured. Words of ours are translated, words of the database cut where they are long.
    """
    if value is None:
        return "—"
    if isinstance(value, str):
        return shortened(language.listed(value) if unit is Unit.PHRASE else value, _LONGEST_TEXT)
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - not a number
        return "—"
    if abs(value) >= _ABSURD:
        return language.number(f"{value:.1e}")
    return _WRITTEN.get(unit, _count)(value, language)


def number(value: float | None) -> str:
    """A figure without its unit, for a column whose title has it; empty when not measured."""
    return "" if value is None else _digits(value)


def fact_figure(fact: Fact, language: Language = ENGLISH) -> str:
    """A fact's value with its unit."""
    return figure(fact.value, fact.unit, language)


def _digits(value: float) -> str:
    """At most three significant digits below 100, whole numbers with thousands' separators above."""
    size = abs(value)
    if size >= _MANY:
        return f"{value:,.0f}"
    if size >= _FEW:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.2f}".rstrip("0").rstrip(".") if size >= 1 else f"{value:.2g}"


def _bytes(value: float, language: Language) -> str:
    size, step = float(value), 0
    while abs(size) >= 1000 and step < len(_STEPS_OF_BYTES) - 1:  # noqa: PLR2004 - never four digits
        size /= 1024
        step += 1
    written = f"{size:,.0f}" if step == 0 else _digits(size)
    return f"{language.number(written)} {language.say(_STEPS_OF_BYTES[step])}"


def _milliseconds(value: float, language: Language) -> str:
    if abs(value) >= _DAY_MS:
        return language.say("{number} days", number=language.number(f"{value / 86_400_000:,.0f}"))
    if abs(value) >= _HOUR_MS:
        return language.number(f"{value / 3_600_000:,.0f}") + " h"
    if abs(value) >= _MINUTE_MS:
        return language.number(f"{value / 60_000:,.0f}") + " min"
    if abs(value) >= _SECOND_MS - 0.5:
        return f"{language.number(_digits(value / _SECOND_MS))} s"
    return f"{language.number(_digits(value))} ms"


def _percent(ratio: float, language: Language) -> str:
    percent = ratio * 100
    if 0 < percent < _NEARLY_NOTHING:
        return f"< {language.number('0.1')} %"
    if _NEARLY_ALL < percent < 100:  # noqa: PLR2004 - a hundred per cent
        return f"> {language.number('99.9')} %"
    near_an_end = percent < _FEW or percent > 100 - _FEW
    written = f"{percent:.1f}".removesuffix(".0") if near_an_end else f"{percent:.0f}"
    return f"{language.number(written)} %"


def _seconds(value: float, language: Language) -> str:
    return _milliseconds(value * _SECOND_MS, language)


def _times(value: float, language: Language) -> str:
    return language.number(_digits(value)) + "\N{MULTIPLICATION SIGN}"


def _count(value: float, language: Language) -> str:
    return language.number(f"{value:,.0f}" if value == int(value) else _digits(value))


_WRITTEN: dict[Unit, Callable[[float, Language], str]] = {
    Unit.BYTES: _bytes,
    Unit.MILLISECONDS: _milliseconds,
    Unit.SECONDS: _seconds,
    Unit.RATIO: _percent,
    Unit.TIMES: _times,
}
