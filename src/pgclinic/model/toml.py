"""A user's TOML file, read with a limit."""

import tomllib
from pathlib import Path
from typing import Any

from pgclinic.model.errors import UserError
from pgclinic.model.files import read_limited

_LARGEST_FILE = 1 << 20


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """What stands in the file, unchecked. Raises UserError for what is no TOML, calling the file ``what``: "rules"."""
    content = read_limited(path, f"{what} file", _LARGEST_FILE)
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise UserError(f"The {what} file {path} is not a text in UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"The {what} file {path} is not TOML: {error}.") from None
