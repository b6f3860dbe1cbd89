"""A user's TOML file, read with a limit."""

import tomllib
from pathlib import Path
from typing import Any

from pgclinic.model.errors import UserError

_LARGEST_FILE = 1 << 20


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """What stands in the file, unchecked. Raises UserError for what is no TOML, calling the file ``what``: "rules"."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise UserError(f"Cannot read the {what} file {path}: {error.strerror or error}.") from None
    if len(content) > _LARGEST_FILE:
        raise UserError(f"The {what} file {path} is larger than {_LARGEST_FILE >> 20} MB; that is no {what} file.")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise UserError(f"The {what} file {path} is not a text in UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"The {what} file {path} is not TOML: {error}.") from None
