"""Plans as people have them: out of psql with its frame and footer, out of pgAdmin in quotes."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"[\s|│]*QUERY PLAN[\s|│]*")
_RULE = re.compile(r"[\s+|─┌┐└┘├┤┬┴┼│-]*[-─]{3,}[\s+|─┌┐└┘├┤┬┴┼│-]*")
_FOOTER = re.compile(r"\s*\(\d+ \w+\)\s*")
_CONTINUED = re.compile(r"\s*[+↵]\Z")
_BORDERS = "|│"
_QUOTED = re.compile(r'"(?P<line>.*)"')


def unframed(text: str) -> list[str]:
    """The lines of a plan without what a client drew around them; the farthest left begins in the first column."""
    lines = text.expandtabs(4).splitlines()
    header = next((number for number, line in enumerate(lines) if _HEADER.fullmatch(line)), None)
    if header is not None:
        lines = [line for line in lines[header + 1 :] if not _RULE.fullmatch(line)]
        lines = _without_footer(lines)
    lines = _unquoted(_without_borders(lines))
    told = [line for line in lines if line.strip()]
    if told and sum(bool(_CONTINUED.search(line)) for line in told) >= max(1, len(told) - 1):
        lines = [_CONTINUED.sub("", line) for line in lines]
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return [line[margin:].rstrip() for line in lines]


def _without_footer(lines: Sequence[str]) -> list[str]:
    """Up to ``(12 rows)``, in whatever language psql counts them."""
    footer = next((number for number, line in enumerate(lines) if _FOOTER.fullmatch(line)), len(lines))
    return list(lines[:footer])


def _without_borders(lines: Sequence[str]) -> list[str]:
    told = [line.strip() for line in lines if line.strip()]
    if not told or not all(line[0] in _BORDERS and line[-1] in _BORDERS and len(line) > 1 for line in told):
        return list(lines)
    return [line.strip()[1:-1] for line in lines if line.strip()]


def _unquoted(lines: Sequence[str]) -> list[str]:
    """Without the quotes in which pgAdmin copies each row."""
    told = [line.strip() for line in lines if line.strip()]
    matches = [_QUOTED.fullmatch(line) for line in told]
    if not told or not all(matches):
        return list(lines)
    return [match["line"].replace('""', '"') for match in matches if match]
