"""Rows as bytes, many together: each a line that ends with a newline and holds no other, in COPY's text as in JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of some rows, one after the other."""

    data: bytes
    rows: int


def block_of(lines: Sequence[bytes]) -> Block:
    """Lines without their ends as one block."""
    return Block(b"\n".join((*lines, b"")), len(lines))


def lines_of(blocks: Iterable[Block]) -> list[bytes]:
    """Each row's line, without its end."""
    return joined(blocks).split(b"\n")[:-1]


def joined(blocks: Iterable[Block]) -> bytes:
    """All lines."""
    return b"".join([block.data for block in blocks])


def cut(block: Block, rows: int) -> tuple[Block, Block]:
    """The first ``rows`` rows, and the others; both have some."""
    rest = block.data.split(b"\n", rows)[rows]
    return Block(block.data[: len(block.data) - len(rest)], rows), Block(rest, block.rows - rows)


def gathered(blocks: Iterable[Block], rows: int) -> Iterator[bytes]:
    """The lines of blocks, so many together that there are ``rows`` at least, but for the last."""
    some: list[Block] = []
    count = 0
    for block in blocks:
        some.append(block)
        count += block.rows
        if count >= rows:
            yield joined(some)
            some, count = [], 0
    if some:
        yield joined(some)
