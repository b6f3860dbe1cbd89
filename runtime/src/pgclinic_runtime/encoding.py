"""One row's values as PostgreSQL's texts, these as a line of COPY, and many such lines as arrays."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer

try:
    # What `Copy.write_row` is made of, in C where psycopg has that. It is no part of psycopg's interface.
    from psycopg._copy_base import format_row_text
except ImportError:
    format_row_text = None

if TYPE_CHECKING:
    from psycopg.abc import Buffer  # a text, until psycopg 3.3

Texts: TypeAlias = "Sequence[Buffer | None]"
_ALL_TEXT = [PyFormat.TEXT] * 1600  # as many columns as a table can have


class _HexDumper(Dumper):
    """Bytes as bytea's hexadecimal text; psycopg's own asks a connection for the server's settings."""

    oid = psycopg.adapters.types["bytea"].oid

    def dump(self, obj: bytes | bytearray | memoryview) -> bytes:
        return b"\\x" + bytes(obj).hex().encode()


class Encoder:
    """Turns values into texts by psycopg's adapters (``context``: a connection's, or the global ones), in UTF-8."""

    def __init__(self, context: AdaptContext | None = None) -> None:
        adapters = AdaptersMap(context.adapters if context else psycopg.adapters)
        for kind in (bytes, bytearray, memoryview):
            adapters.register_dumper(kind, _HexDumper)
        self._transformer = Transformer(_Context(adapters))
        self._formats = _formats(self._transformer)

    def texts(self, row: Sequence[Any], width: int) -> Texts:
        """The values' texts, None for NULL.

        Raises:
            ValueError: the row has not ``width`` values.
            psycopg.DataError, psycopg.ProgrammingError: PostgreSQL has no such value, or psycopg no adapter.
        """
        if len(row) != width:
            raise ValueError(f"a row has {width} values, not {len(row)}")
        return self._transformer.dump_sequence(row, _ALL_TEXT[:width])

    def copy_lines(self, rows: Sequence[Sequence[Any]], width: int) -> bytes:
        """``copy_line`` of each row's ``texts`` and its end, in much less time."""
        if {*map(len, rows)} != {width}:
            return b"".join([copy_line(self.texts(row, width)) + b"\n" for row in rows])
        if self._formats:
            lines = bytearray()
            for row in rows:
                format_row_text(row, self._transformer, lines)
            return bytes(lines)
        values = list(chain.from_iterable(rows))
        return _copy_lines(self._transformer.dump_sequence(values, [PyFormat.TEXT] * len(values)), width)


def _formats(transformer: "psycopg.abc.Transformer") -> bool:
    """Whether psycopg writes lines as it did when this was written."""
    line = bytearray()
    try:
        format_row_text(("a\nb", None, 1), transformer, line)
    except Exception:  # noqa: BLE001 - whatever it is by then, there is another way
        return False
    return line == b"a\\nb\t\\N\t1\n"


class _Context:
    """Adapters without a connection."""

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters
        self.connection = None


def copy_line(texts: Texts) -> bytes:
    r"""A line of COPY's text format without its end: tabs between values, ``\N`` for NULL."""
    return _copy_lines(texts, len(texts))[:-1]


def _copy_lines(texts: Texts, width: int) -> bytes:
    nulls = texts.count(None)
    known = [rb"\N" if text is None else text for text in texts] if nulls else texts
    lines = b"".join([line + b"\n" for line in map(b"\t".join, zip(*[iter(known)] * width, strict=True))])
    count = len(texts) // width
    if _specials(lines) == (nulls, len(texts) - count, count, 0):
        return lines  # what is between the values is all that is special
    rows = (texts[start : start + width] for start in range(0, len(texts), width))
    return b"".join([b"\t".join(map(_escaped, row)) + b"\n" for row in rows])


def _specials(line: bytes) -> tuple[int, int, int, int]:
    return line.count(b"\\"), line.count(b"\t"), line.count(b"\n"), line.count(b"\r")


def _escaped(text: "Buffer | None") -> bytes:
    if text is None:
        return rb"\N"
    return bytes(text).replace(b"\\", rb"\\").replace(b"\t", rb"\t").replace(b"\n", rb"\n").replace(b"\r", rb"\r")


def arrays(lines: bytes, width: int) -> tuple[str, ...]:
    """One array literal a column, of lines that ``copy_lines`` made.

    Raises:
        psycopg.DataError: a dumper made bytes that are no UTF-8.
    """
    if not lines:
        return ("{}",) * width
    # All at once: a third of the time that line after line takes.
    parts = lines.replace(b'"', rb"\"").replace(b"\n", b"\t").split(b"\t")
    del parts[-1]
    if b"\\" in lines:
        parts = [_element(part) if b"\\" in part else b'"%b"' % part for part in parts]
        literals = [b",".join(parts[number::width]) for number in range(width)]
    else:
        literals = [b'"%b"' % b'","'.join(parts[number::width]) for number in range(width)]
    try:
        return tuple(f"{{{literal.decode()}}}" for literal in literals)
    except UnicodeDecodeError as error:
        raise psycopg.DataError(f"a value is no UTF-8: {error.reason}") from error


def _element(part: bytes) -> bytes:
    r"""A line's value as an element: both double a backslash, but only COPY knows ``\N``, ``\t`` and their like."""
    if part == rb"\N":
        return b"NULL"
    part = part.replace(rb"\\", b"\0")  # which no text holds
    for escape, meant in _ESCAPES:
        part = part.replace(escape, meant)
    return b'"%b"' % part.replace(b"\0", rb"\\")


_ESCAPES = ((rb"\n", b"\n"), (rb"\t", b"\t"), (rb"\r", b"\r"), (rb"\b", b"\b"), (rb"\f", b"\f"), (rb"\v", b"\v"))
