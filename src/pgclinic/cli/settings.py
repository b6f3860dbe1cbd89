"""What is in force: an option stands above the environment, and the environment above the configuration file."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pgclinic.cli.quantities import pieces
from pgclinic.model.errors import UserError

if TYPE_CHECKING:
    from pgclinic.model.configuration import Configuration

CONFIG_HELP = "Configuration; else pgclinic.toml or pyproject.toml found upwards."
_CONFIG_VARIABLE = "PGCLINIC_CONFIG"
Choice = TypeVar("Choice", bound=StrEnum)


def configured(path: Path | None) -> "Configuration":
    """The configuration of ``--config``, of PGCLINIC_CONFIG, or of the nearest file upwards. Raises UserError."""
    from pgclinic.model.configuration import NOTHING_SET
    from pgclinic.verbs.configuration import found_upwards, read

    named = path or _path_of(_CONFIG_VARIABLE)
    found = named or found_upwards(Path.cwd())
    return NOTHING_SET if found is None else read(found)


def text(given: str | None, variable: str, in_file: str | None, *, source: str) -> tuple[str | None, str]:
    """A text as given, else from the environment, else from the file; and where it stands, for whoever complains."""
    key = _key(variable)
    if given is not None:
        return given, f"--{key}"
    if os.environ.get(variable):
        return os.environ[variable], variable
    return in_file, f"{source}: {key}"


def names(given: Sequence[str] | None, variable: str, in_file: tuple[str, ...] | None) -> tuple[str, ...]:
    """Several texts, separated by commas wherever they were written; the highest place replaces the lower ones."""
    if given:
        return tuple(pieces(given))
    if os.environ.get(variable):
        return tuple(pieces([os.environ[variable]]))
    return in_file or ()


def path(given: Path | None, variable: str, in_file: str | None) -> Path | None:
    """A path as given, else from the environment, else from the file."""
    return given or _path_of(variable) or (Path(in_file) if in_file else None)


def choice(given: Choice | None, variable: str, in_file: "tuple[str | None, str]", default: Choice) -> Choice:
    """One of an enumeration; ``in_file`` is the value and the path of the file. Raises UserError for another word."""
    if given is not None:
        return given
    written, source = in_file
    for place, value in ((variable, os.environ.get(variable)), (f"{source}: {_key(variable)}", written)):
        if value:
            if value not in list(type(default)):
                raise UserError(f"{place} is {value!r}; it has to be one of {', '.join(type(default))}.")
            return type(default)(value)
    return default


def _path_of(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _key(variable: str) -> str:
    return variable.removeprefix("PGCLINIC_").lower().replace("_", "-")
