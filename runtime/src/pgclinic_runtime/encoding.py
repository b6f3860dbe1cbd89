"""One row's values as PostgreSQL's texts, and these as a line of COPY or as elements of arrays."""

from collections.abc import Callable, Sequence
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
    try:
        line = b"\t".join(texts)  # type: ignore[arg-type] # a None among them is rare, and told by the error
    except TypeError:
        pass
    else:
        if len(line) - len(line.translate(None, b"\\\n\r\t")) == len(texts) - 1:
            return line  # the tabs between values are all that is special: one pass tells
    return b"\t".join(rb"\N" if text is None else _escaped(bytes(text)) for text in texts)


def copy_lines(rows: Sequence[Texts]) -> list[bytes]:
    """As ``copy_line`` of each row."""
    return _lines(rows, b"\t", b"\\\n\r\t", copy_line)


def elements(texts: Texts) -> bytes:
    """Quoted elements of array literals, with zero bytes, which no text holds, between them."""
    try:
        line = b'"\0"'.join(texts)  # type: ignore[arg-type] # as above
    except TypeError:
        pass
    else:
        if len(line) - len(line.translate(None, b'\\"')) == 2 * len(texts) - 2:
            return b'"%b"' % line
    return b"\0".join(
        b"NULL" if text is None else b'"' + bytes(text).replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
        for text in texts
    )


def elements_of(rows: Sequence[Texts]) -> list[bytes]:
    """As ``elements`` of each row."""
    return _lines(rows, b'"\0"', b'\\"', elements, edge=b'"')


def _lines(
    rows: Sequence[Texts], between: bytes, special: bytes, one: Callable[[Texts], bytes], *, edge: bytes = b""
) -> list[bytes]:
    """The lines of rows: where what is between their values is all that is special in them, one pass tells of all."""
    lines, plain, expected = [], [], 0
    for texts in rows:
        try:
            line = between.join(texts)  # type: ignore[arg-type] # a None among them is told by the error
        except TypeError:
            lines.append(one(texts))
        else:
            plain.append(line)
            lines.append(edge + line + edge if edge else line)
            expected += len(texts) - 1
    whole = b"".join(plain)
    if len(whole) - len(whole.translate(None, special)) == expected * (
        len(between) - len(between.translate(None, special))
    ):
        return lines
    return [one(texts) for texts in rows]


def _escaped(text: bytes) -> bytes:
    return text.replace(b"\\", b"\\\\").replace(b"\t", rb"\t").replace(b"\n", rb"\n").replace(b"\r", rb"\r")
