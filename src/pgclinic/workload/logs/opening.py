"""The lines of a log file, compressed or not, without ever holding more than a line of it."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pgclinic.model.errors import UserError

LONGEST = 4 << 20
"""Bytes of a line, or of a message of several lines; what is longer is cut."""

CUT = "\x1a"
"""Ends a line that was cut (the ASCII character for a substitute; PostgreSQL writes none)."""

_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": "a zip archive",
    b"\xfd7zXZ": "compressed with xz",
    b"BZh": "compressed with bzip2",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\x89PNG": "a picture",
    b"%PDF": "a PDF",
}
_HEAD_BYTES = 4096


def lines_of(path: Path) -> Iterator[str]:
    """Each line without its end; bytes that are no UTF-8 become U+FFFD. A last line that has no end counts as cut.

    Raises UserError naming the file when it cannot be read, or is no text.
    """
    try:
        with closing(_opened(path)) as file:
            while line := file.readline(LONGEST):
                if line.endswith(b"\n"):
                    yield line.rstrip(b"\r\n").decode(errors="replace")
                else:
                    yield line.decode(errors="replace") + CUT
                    _skip_line(file)
    except EOFError:
        return  # a compressed file that is still being written, or was cut: what there was is read
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"The log {path} is damaged: its compressed data cannot be read; decompress it first."
        ) from error
    except OSError as error:
        raise UserError(f"Cannot read the log {path}: {error.strerror or error}.") from error


def _opened(path: Path) -> io.BufferedReader:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(path))
    kind = next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic)), None)
    if kind is None and b"\0" in head:
        kind = "binary"
    if kind is not None:
        raise UserError(f"{path} is no log but {kind}; give a log of PostgreSQL as text, csv or json, or gzipped.")
    return path.open("rb")


def _skip_line(file: io.BufferedReader) -> None:
    while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
        pass
