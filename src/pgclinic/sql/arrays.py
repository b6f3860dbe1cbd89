"""PostgreSQL's text notation of one-dimensional arrays (``array_in``, ``array_out`` in arrayfuncs.c)."""

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r'["\\{}]|,\Z')


def parse_array(text: str) -> tuple[str | None, ...]:
    """The elements of ``{a,"b c",NULL}``. Raises ValueError for anything that is not a one-dimensional array."""
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError("an array begins with { and ends with }")
    if not _SPECIAL.search(text, 1, len(text) - 1):
        # Most arrays of statistics are so plain, and they are long.
        bare_elements = text[1:-1].split(",") if len(text) > 2 else []  # noqa: PLR2004 - more than its braces
        return tuple(None if bare.upper() == "NULL" else bare for bare in bare_elements)
    elements: list[str | None] = []
    position, end = 1, len(text) - 1
    while position < end:
        if text[position] == '"':
            element, position = _quoted(text, position + 1, end)
            elements.append(element)
        else:
            stop = text.find(",", position, end)
            stop = end if stop < 0 else stop
            bare = text[position:stop]
            if "{" in bare or "}" in bare:
                raise ValueError("an array of arrays")
            elements.append(None if bare.upper() == "NULL" else bare.replace("\\", ""))
            position = stop
        if position < end and text[position] != ",":
            raise ValueError("array elements are separated by commas")
        position += 1
    return tuple(elements)


def _quoted(text: str, position: int, end: int) -> tuple[str, int]:
    characters = []
    while position < end and text[position] != '"':
        if text[position] == "\\":
            position += 1
        characters.append(text[position])
        position += 1
    if position >= end:
        raise ValueError("a quoted array element does not end")
    return "".join(characters), position + 1


def write_array(elements: Iterable[str | None]) -> str:
    """The array as text, every element quoted."""
    return "{" + ",".join("NULL" if element is None else _quote(element) for element in elements) + "}"


def _quote(element: str) -> str:
    return '"' + element.replace("\\", "\\\\").replace('"', '\\"') + '"'
