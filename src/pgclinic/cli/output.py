"""Where answers go: one document on stdout or in a file; every other word goes to stderr."""

import os
import sys
import tempfile
import urllib.parse
from pathlib import Path
from typing import TextIO

import typer

from pgclinic.model.errors import UserError

_LONGEST_NAME = 240
"""Bytes of a file's name, less what the name of a draft of it takes (NAME_MAX is 255 nearly everywhere)."""
_NARROWEST = 60
_WIDEST = 100


def wants_color(stream: TextIO) -> bool:
    """Whether a stream is to be coloured: ``NO_COLOR`` (no-color.org) wins, then ``FORCE_COLOR``, then a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def columns() -> int:
    """How wide a text may be: the terminal's width within reason, 80 where there is none."""
    try:
        width = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 80
    return min(max(width, _NARROWEST), _WIDEST)


def say(line: str) -> None:
    """A word to the user, on stderr, so that stdout holds nothing but the answer."""
    typer.echo(line, err=True)


def deliver(document: str | bytes, output: Path | None) -> None:
    """Print a document, or write it to ``output`` whole or not at all."""
    if output is not None:
        write_file(output, document.encode() if isinstance(document, str) else document)
        say(f"wrote {output}")
        return
    try:
        if isinstance(document, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(document)
            sys.stdout.buffer.flush()
        else:
            sys.stdout.write(document if document.endswith("\n") else document + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is still buffered would be tried, and complained about, once more at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UserError(f"Cannot write to standard output: {error.strerror or error}.") from error


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds either the old content or all of the new.

    Raises UserError when the folder is not there or not writable.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # a device or a pipe, which nothing could be renamed over
            return
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            mask = os.umask(0)
            os.umask(mask)
            Path(draft).chmod(0o666 & ~mask)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror or error}.") from error


def file_name(database: str, ending: str) -> str:
    """A file's name for a database, whose own may hold anything."""
    quoted = urllib.parse.quote(database, safe=" +-=@,()[]{}!#$&'")
    return f"{quoted.replace('.', '%2E') if not quoted.strip('.') else quoted}.{ending}"


def is_folder(path: Path) -> bool:
    """As ``Path.is_dir``, and False for what cannot be a path at all, such as a name of 300 letters."""
    try:
        return path.is_dir()
    except OSError:
        return False


def demand_writable(path: Path) -> None:
    """Raise UserError now when ``write_file`` would fail after hours of work, as far as that can be told."""
    folder = path.parent
    if is_folder(path):
        raise UserError(f"Cannot write {path}: it is a folder.")
    if not is_folder(folder):
        raise UserError(f"Cannot write {path}: there is no folder {folder}.")
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        raise UserError(f"Cannot write {path}: its name is too long.")
    if not os.access(path if path.exists() and not path.is_file() else folder, os.W_OK):
        raise UserError(f"Cannot write {path}: {folder} is closed to you.")
