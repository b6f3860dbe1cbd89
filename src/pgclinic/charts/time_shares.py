"""Where the time goes: the same work as two bars on one scale, each divided by who took it."""

from collections.abc import Sequence
from html import escape

import msgspec

from pgclinic.charts.svg import element, picture, text

_BAR = 28
_GAP = 44
_TOP = 22
_LEAST_WIDTH = 2
COLORS = 7
"""How many parts have a colour of their own; classes ``part-0`` … ``part-6``, the last for all the rest."""


class Bar(msgspec.Struct, frozen=True):
    """One bar: its label, a word for its total, and its parts' values in the same order in every bar."""

    label: str
    word: str
    parts: tuple[float, ...]


def time_shares(bars: Sequence[Bar], names: Sequence[str], *, width: float = 760) -> str:
    """``names`` are the parts'; a part that took any time is at least wide enough to be seen."""
    longest = max(sum(bar.parts) for bar in bars) or 1.0
    drawn = []
    for number, bar in enumerate(bars):
        y = _TOP + number * (_BAR + _GAP)
        drawn.append(text(bar.label, 0, y - 8, class_="label"))
        drawn.append(text(bar.word, width, y - 8, class_="word", text_anchor="end"))
        drawn.append(element("rect", x=0, y=y, width=width, height=_BAR, rx=4, class_="track"))
        x = 0.0
        for part, value in enumerate(bar.parts):
            wide = max(value / longest * width, _LEAST_WIDTH if value else 0)
            if wide:
                title = element("title", _title(names[part], value, sum(bar.parts)))
                drawn.append(
                    element(
                        "rect",
                        title,
                        x=x,
                        y=y,
                        width=max(min(wide, width - x) - 1, 1),
                        height=_BAR,
                        class_=f"part-{min(part, COLORS - 1)}",
                    )
                )
            x += wide
    height = _TOP + len(bars) * _BAR + (len(bars) - 1) * _GAP + 4
    return picture("".join(drawn), width, height, label="Total time of the same work", class_="shares")


def _title(name: str, value: float, total: float) -> str:
    return escape(f"{name}: {value / total:.0%}")
