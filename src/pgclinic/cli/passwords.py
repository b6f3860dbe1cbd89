"""A password that is to be set: from a file, the environment or the terminal, never from the command line."""

import os
import sys
from pathlib import Path

import typer

from pgclinic.model.errors import UserError

VARIABLE = "PGCLINIC_MONITOR_PASSWORD"
_LONGEST = 1024


def monitor_password(file: Path | None, *, ask: bool = False) -> str | None:
    """The monitoring role's password, None where nobody gave one. Raises UserError for one that cannot be."""
    if file is not None:
        return _checked(_first_line(file), f"the first line of {file}")
    given = os.environ.get(VARIABLE)
    if given:
        return _checked(given, VARIABLE)
    if not ask:
        return None
    if not sys.stdin.isatty():
        raise UserError("Nobody can be asked for a password here; give --password-file.")
    asked: str = typer.prompt("Password of the monitoring role", hide_input=True, confirmation_prompt=True, err=True)
    return _checked(asked, "the answer")


def _first_line(file: Path) -> str:
    try:
        if str(file) == "-":
            return sys.stdin.readline(_LONGEST + 2).rstrip("\r\n")
        with file.open(encoding="utf-8") as stream:
            return stream.readline(_LONGEST + 2).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"Cannot read the password file {file}: {getattr(error, 'strerror', None) or error}.") from None


def _checked(password: str, source: str) -> str:
    if not password or len(password) > _LONGEST or "\0" in password:
        raise UserError(f"There is no usable password in {source}.")
    return password
