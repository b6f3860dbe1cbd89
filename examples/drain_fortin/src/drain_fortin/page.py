"""The pages: the dashboard, and the calls of one phone number. Whole documents, nothing from outside, no script."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache

import jinja2
from markupsafe import Markup

from drain_fortin import nouns

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_GAP = Markup("<!-- the newest calls -->")
"""Nothing that a database holds can look like it: texts are escaped."""
_MINUTE = 60
_CHART_HEIGHT = 120.0
_BAR_STEP = 20.0


def figures(dashboard: nouns.Dashboard) -> bytes:
    """The dashboard, with a gap for the newest calls: what it counts may be older than they are."""
    template = _template("dashboard.html")
    return template.render(dashboard=dashboard, bars=_bars(dashboard.days), now=dashboard.now, gap=_GAP).encode()


def newest(calls: Sequence[nouns.CallWithLead]) -> bytes:
    """The newest calls, for the gap."""
    return _template("newest.html").render(newest=calls).encode()


def filled(figures: bytes, newest: bytes) -> bytes:
    """The whole document."""
    return figures.replace(_GAP.encode(), newest, 1)


def history(phone: str, calls: Sequence[nouns.PastCall]) -> bytes:
    """All calls of a phone number."""
    return _template("history.html").render(phone=phone, calls=calls, now=None).encode()


def _bars(days: Sequence[nouns.Day]) -> list[dict[str, object]]:
    """The days as bars of a chart, the oldest first; x and heights are in pixels."""
    most = max((day.total_calls for day in days), default=0) or 1
    return [
        {
            "x": number * _BAR_STEP,
            "height": _CHART_HEIGHT * day.total_calls / most,
            "urgent": _CHART_HEIGHT * day.p1_calls / most,
            "day": day,
        }
        for number, day in enumerate(reversed(days))
    ]


def _spoken(seconds: float | Decimal | None) -> str:
    """A duration: ``48 s``, ``3 min 05``."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    return f"{whole} s" if whole < _MINUTE else f"{whole // _MINUTE} min {whole % _MINUTE:02d}"


def _moment(at: datetime | None) -> str:
    return "–" if at is None else f"{at:%d %b, %H:%M}"


def _phone(number: str) -> str:
    """``+15145550123`` as people read it; another country's number stays as it is."""
    if number.startswith("+1") and len(number) == len("+15145550123") and number[1:].isdigit():
        return f"{number[2:5]} {number[5:8]}-{number[8:]}"
    return number


def _words(name: str | None) -> str:
    return (name or "other").replace("_", " ")


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drain_fortin"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(spoken=_spoken, moment=_moment, phone=_phone, words=_words, number="{:,}".format)
    return environment.get_template(name)
