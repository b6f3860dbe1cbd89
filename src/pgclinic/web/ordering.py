"""Long tables in pages: sorted by a column, filtered by a word, a page at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from pgclinic.report.printable import printable

Line = TypeVar("Line")
PAGE = 50


class Part(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """One page of a table: ``lines`` from ``first`` (counted from 1) of ``total``; ``number`` of ``pages``."""

    lines: tuple[Line, ...]
    first: int
    total: int
    number: int
    pages: int
    sort: str
    find: str


def part_of(
    lines: Sequence[Line],
    orders: Mapping[str, Callable[[Line], Any]],
    *,
    sort: str,
    find: str = "",
    text: Callable[[Line], str] = str,
    page: int = 1,
    size: int = PAGE,
) -> Part[Line]:
    """The page of the lines whose text holds ``find``, in the order ``sort``: the greatest first, what is None last.

    What is not known of ``sort`` and ``page`` is the first of each; ties stay in the order they came in.
    """
    sort = sort if sort in orders else next(iter(orders))
    wanted = printable(find).lower()
    found = [line for line in lines if wanted in text(line).lower()] if wanted else list(lines)
    value = orders[sort]
    known = sorted((line for line in found if value(line) is not None), key=value, reverse=True)
    found = [*known, *(line for line in found if value(line) is None)]
    pages = max(1, -(-len(found) // size))
    number = min(max(page, 1), pages)
    start = (number - 1) * size
    return Part(
        lines=tuple(found[start : start + size]),
        first=start + 1,
        total=len(found),
        number=number,
        pages=pages,
        sort=sort,
        find=wanted,
    )
