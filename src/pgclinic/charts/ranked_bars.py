"""Who takes how much: one bar a name, the largest first, on one scale."""

from collections.abc import Sequence
from html import escape

import msgspec

from pgclinic.charts.svg import element, picture, text

_BAR = 10
_STEP = 40
_TEXT = 14
_CHARACTER = 7.4
"""Width of a letter, about, in a font of 12.5 pixels; monospaced ones are the widest."""
_LEAST_WIDTH = 2


class RankedBar(msgspec.Struct, frozen=True):
    """One name with its ``share`` (0 to 1), the word for it, and what a pointer resting on it is told."""

    name: str
    share: float
    word: str
    title: str


def ranked_bars(bars: Sequence[RankedBar], *, label: str, width: float = 760) -> str:
    """Names are cut to the room that is left; ``label`` tells a screen reader what is shown."""
    largest = max((bar.share for bar in bars), default=0.0) or 1.0
    drawn = []
    for number, bar in enumerate(bars):
        y = number * _STEP
        room = int((width - _CHARACTER * len(bar.word) - 16) / _CHARACTER)
        name = bar.name if len(bar.name) <= room else bar.name[: max(room - 1, 1)] + "…"
        wide = max(bar.share / largest * width, _LEAST_WIDTH)
        drawn.append(
            element(
                "g",
                element("title", escape(bar.title))
                + text(name, 0, y + _TEXT, class_="name")
                + text(bar.word, width, y + _TEXT, class_="word", text_anchor="end")
                + element("rect", x=0, y=y + _TEXT + 6, width=width, height=_BAR, rx=3, class_="track")
                + element("rect", x=0, y=y + _TEXT + 6, width=wide, height=_BAR, rx=3, class_="bar"),
            )
        )
    return picture("".join(drawn), width, len(bars) * _STEP, label=label, class_="ranked")
