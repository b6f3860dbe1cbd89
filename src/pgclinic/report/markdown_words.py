"""Other people's texts made fit for Markdown: no name may make a link, an image, a break of a table, or HTML."""

import re

from pgclinic.report.printable import printable, shortened

_ACTS = re.compile(
    r"[\\`*_\[\]#<>~&@$|]"  # emphasis, links, HTML, entities, mentions, formulas, cells
    r"|(?<=\w)\.(?=[^\W\d])|:(?=[^\s\d])"  # www.example.com, http://, :emoji:
    r"|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]"  # lists and underlined headings
)
"""What CommonMark or GitHub's flavour acts upon; each may be escaped by a backslash."""
_BACKTICKS = re.compile(r"`+")
_MOST = 140


def plain(text: str) -> str:
    """Words as they are; what would be markup is escaped."""
    return escaped(printable(text))


def escaped(text: str) -> str:
    """The same for a text that is known to be printable and on one line."""
    return _ACTS.sub(r"\\\g<0>", text)


def code(text: str, longest: int = _MOST) -> str:
    """One line between backticks, more of them than the text has in a row.

    Nothing inside acts, so names and identifiers are shown like this; empty when there is nothing to be seen. Not for
    cells of a table, which a bar would end.
    """
    line = shortened(text, longest)
    if not line:
        return ""
    ticks = "`" * (max(map(len, _BACKTICKS.findall(line)), default=0) + 1)
    space = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def block(text: str, kind: str = "sql") -> str:
    """Lines of code behind a fence that is longer than any row of backticks in it."""
    lines = printable(text, lines=True)
    fence = "`" * max(max(map(len, _BACKTICKS.findall(lines)), default=0) + 1, 3)
    return f"{fence}{kind}\n{lines}\n{fence}"
