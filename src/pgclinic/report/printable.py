"""Other people's text made fit to be shown: statement texts, names and messages are untrusted."""

import re
import unicodedata

# CSI, OSC and the other string sequences of ECMA-48 with whatever they carry, then the two-character escapes.
_TERMINAL_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_WHITE_SPACE = re.compile(r"[^\S\u00a0\u202f]+")
"""All but the two that keep the digits of a number, or a number and its unit, on one line."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories that show nothing or change how their neighbours are shown: controls, bidi and zero-width
formatting, tags, surrogates, private use and unassigned."""
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters by category that show nothing."""
_MOST_READ = 100
"""How many times the length asked for is looked at: nobody waits for a megabyte that is cut to a line."""


def printable(text: str, *, lines: bool = False) -> str:
    """``text`` without anything that a terminal or a browser would act upon instead of showing it.

    Terminal sequences, control, bidi and invisible characters are dropped; runs of white space become one space,
    except that line breaks and indentation stay when ``lines``. Markup of HTML or rich is for the renderer to
    escape (jinja2 does so by itself, ``rich.text.Text`` never reads it).
    """
    text = _TERMINAL_SEQUENCE.sub("", text)
    if lines:
        return "\n".join(_seen(line.replace("\t", "    ")).rstrip() for line in text.splitlines()).strip("\n")
    return _WHITE_SPACE.sub(" ", _seen(_WHITE_SPACE.sub(" ", text))).strip()


def shortened(text: str, longest: int) -> str:
    """``printable(text)`` on one line, cut with an ellipsis where it is longer than ``longest`` characters."""
    line = printable(text[: _MOST_READ * longest])
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _seen(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        for character in text
        if unicodedata.category(character) not in _UNSEEN and character not in _BLANK_LETTERS
    )
