"""The reader's language: the one place that every text for people passes through, and how figures are written in it.

A text is an English template with ``{name}`` places, and the key of its translation in ``locale/`` (gettext). It is
marked for extraction by where it stands: as the first argument of ``say`` or ``say_many`` here and in the templates,
of ``later`` where it is only said afterwards, and in the fields that CONTRIBUTING.md lists ("Words for people").
"""

import gettext
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

DOMAIN = "pgclinic"
FOLDER = Path(__file__).parent / "locale"
LANGUAGES = ("en", "fr")
"""English, which the texts are written in, and those that have a catalogue."""

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_UP_TO_MINUTES = 16
_DAY_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def later(text: str) -> str:
    """Mark a text for extraction that is handed to ``say`` by another name."""
    return text


def filled(template: str, values: Mapping[str, str], escape: Callable[[str], str] | None = None) -> str:
    """``template`` with its ``{name}`` places filled.

    Values are inserted as they are, never read for places of their own. A place without a value stays, so that the
    mistake is seen where it is made. ``escape`` is done to what stands between the places.
    """
    if escape is None:
        return _PLACE.sub(lambda place: values.get(place[1], place[0]), template)
    parts = _PLACE.split(template)  # words, name of a place, words, …
    return "".join(
        values.get(part, escape(f"{{{part}}}")) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


class Language:
    """One language: ``code`` as in ISO 639-1, the texts of its catalogue, and the signs that its numbers take."""

    def __init__(self, code: str, texts: gettext.NullTranslations, *, decimal: str = ".", thousands: str = ",") -> None:
        self.code = code
        self._texts = texts
        self._signs = str.maketrans({".": decimal, ",": thousands})

    def say(self, text: str, /, **places: str) -> str:
        """The text in this language, its places filled; a text without a translation stays English."""
        return filled(self._texts.gettext(text) if text else "", places)

    def say_many(self, one: str, many: str, number: float, /, **places: str) -> str:
        """As ``say``, in the form that ``number`` takes; the place ``{number}`` is the number as it is written."""
        whole = abs(int(number)) if number == int(number) else 2
        return filled(self._texts.ngettext(one, many, whole), {"number": self.number(f"{number:,.10g}"), **places})

    def number(self, written: str) -> str:
        """A number written the English way (``1,234.5``) with this language's signs."""
        return written.translate(self._signs)

    def moment(self, clock: str) -> str:
        """An ISO 8601 time in UTC to the minute: ``2026-11-22 19:05 UTC``, in French ``22/11/2026 19:05 UTC``."""
        if len(clock) < _UP_TO_MINUTES:
            return clock
        day, minute = clock[:10], clock[11:_UP_TO_MINUTES]
        if self.code == "fr":
            day = _DAY_FIRST.sub(r"\3/\2/\1", day)
        return f"{day} {minute} UTC"

    def listed(self, words: str) -> str:
        """A phrase of ours, or several between commas, each in this language."""
        whole = self.say(words)
        return whole if whole != words else ", ".join(self.say(word) for word in words.split(", "))


ENGLISH = Language("en", gettext.NullTranslations())


@cache
def language(code: str) -> Language:
    """The language of this code. Raises KeyError for one that has no catalogue."""
    if code not in LANGUAGES:
        raise KeyError(code)
    if code == "en":
        return ENGLISH
    texts = gettext.translation(DOMAIN, FOLDER, [code])
    return Language(code, texts, decimal=",", thousands="\N{NARROW NO-BREAK SPACE}")
