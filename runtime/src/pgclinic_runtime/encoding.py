"""One row's values as PostgreSQL's texts, these as a line of COPY, and many such lines as arrays."""

import re
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer

Texts = Sequence[Buffer | None]
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

    def texts(self, row: Sequence[Any], width: int) -> Texts:
        """The values' texts, None for NULL.

        Raises:
            ValueError: the row has not ``width`` values.
            psycopg.DataError, psycopg.ProgrammingError: PostgreSQL has no such value, or psycopg no adapter.
        """
        if len(row) != width:
            raise ValueError(f"a row has {width} values, not {len(row)}")
        return self._transformer.dump_sequence(row, _ALL_TEXT[:width])

    def texts_of(self, rows: Sequence[Sequence[Any]], width: int) -> list[Texts]:
        """As ``texts`` of each row."""
        formats, dump = _ALL_TEXT[:width], self._transformer.dump_sequence
        if any(len(row) != width for row in rows):
            return [self.texts(row, width) for row in rows]
        return [dump(row, formats) for row in rows]


class _Context:
    """Adapters without a connection."""

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters
        self.connection = None


def copy_line(texts: Texts) -> bytes:
    r"""A line of COPY's text format without its end: tabs between values, ``\N`` for NULL."""
    return copy_lines((texts,))[0]


def copy_lines(rows: Sequence[Texts]) -> list[bytes]:
    """As ``copy_line`` of each row: together they take half the time."""
    lines = [b"\t".join(_without_null(texts)) for texts in rows]
    expected = [len(texts) - 1 + texts.count(None) for texts in rows]
    if _specials(b"".join(lines)) == sum(expected):
        return lines  # what is between the values is all that is special
    return [
        line if _specials(line) == few else b"\t".join(map(_escaped, texts))
        for line, few, texts in zip(lines, expected, rows, strict=True)
    ]


def _without_null(texts: Texts) -> Sequence[Buffer]:
    return [rb"\N" if text is None else text for text in texts] if None in texts else texts  # type: ignore[return-value]


def _specials(line: bytes) -> int:
    return len(line) - len(line.translate(None, b"\\\n\r\t"))


def _escaped(text: Buffer | None) -> bytes:
    if text is None:
        return rb"\N"
    return bytes(text).replace(b"\\", rb"\\").replace(b"\t", rb"\t").replace(b"\n", rb"\n").replace(b"\r", rb"\r")


def arrays(lines: Sequence[bytes], width: int) -> tuple[str, ...]:
    """One array literal a column, of lines that ``copy_line`` made."""
    if not lines:
        return ("{}",) * width
    # All at once: a third of the time that line after line takes.
    whole = b"\t".join(lines)
    parts = whole.replace(b'"', rb"\"").split(b"\t")
    if b"\\" in whole:
        parts = [_element(part) if b"\\" in part else b'"%b"' % part for part in parts]
        literals = [b",".join(parts[number::width]) for number in range(width)]
    else:
        literals = [b'"%b"' % b'","'.join(parts[number::width]) for number in range(width)]
    return tuple(f"{{{literal.decode()}}}" for literal in literals)


def _element(part: bytes) -> bytes:
    r"""A line's value as an element: both double a backslash, but only COPY knows ``\t``, ``\n``, ``\r`` and ``\N``."""
    if part == rb"\N":
        return b"NULL"
    return b'"%b"' % _ESCAPE.sub(lambda found: _UNESCAPED.get(found[1], found[0]), part)


_ESCAPE = re.compile(rb"\\(.)")
_UNESCAPED = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}
