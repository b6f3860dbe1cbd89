"""``pgclinic.toml``, or ``[tool.pgclinic]`` of ``pyproject.toml``: found, read, and checked key by key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pgclinic import checks
from pgclinic.model.configuration import Configuration
from pgclinic.model.errors import UserError
from pgclinic.model.toml import read_toml
from pgclinic.verbs.check_pages import suggestion
from pgclinic.verbs.selecting import selected
from pgclinic.verbs.thresholds import UnfitValueError, bounds_in_words, fitting, thresholds

OWN_NAME = "pgclinic.toml"
PROJECT_NAME = "pyproject.toml"
_KEYS = ("only", "ignore", "fail-below", "lang", "format", "baseline", "checks")


def found_upwards(folder: Path) -> Path | None:
    """The nearest file in ``folder`` or above it; a pyproject.toml counts only with its ``[tool.pgclinic]``."""
    for place in (folder, *folder.parents):
        if _is_file(own := place / OWN_NAME):
            return own
        if _is_file(project := place / PROJECT_NAME) and _speaks_of_us(project):
            return project
    return None


def read(path: Path) -> Configuration:
    """The configuration in a file. Raises UserError, one sentence with file and key, for what does not fit."""
    document = read_toml(path, "configuration")
    if path.name == PROJECT_NAME:
        document = document.get("tool", {}).get("pgclinic")
        if document is None:
            raise UserError(f"{path} has no table [tool.pgclinic].")
    if not isinstance(document, dict):
        raise UserError(f"{path}: [tool.pgclinic] has to be a table.")
    prefix = "tool.pgclinic." if path.name == PROJECT_NAME else ""
    return _configuration(document, path, prefix)


def _configuration(document: Mapping[str, Any], path: Path, prefix: str) -> Configuration:
    given = {key.replace("_", "-"): value for key, value in document.items()}
    for key in document:
        if key.replace("_", "-") not in _KEYS:
            raise UserError(f"{path}: there is no key {prefix}{key}; the keys are {', '.join(_KEYS)}.")
    baseline = _text(given, "baseline", path, prefix)
    only, ignore = _names(given, "only", path, prefix), _names(given, "ignore", path, prefix)
    for key, names in (("only", only), ("ignore", ignore)):
        try:
            selected(names or (), ())
        except UserError as error:
            raise UserError(f"{path}: {prefix}{key}: {str(error)[0].lower()}{str(error)[1:]}") from None
    return Configuration(
        source=str(path),
        thresholds=_thresholds(given.get("checks", {}), path, f"{prefix}checks"),
        only=only,
        ignore=ignore,
        fail_below=_text(given, "fail-below", path, prefix),
        lang=_text(given, "lang", path, prefix),
        format=_text(given, "format", path, prefix),
        baseline=None if baseline is None else str(path.parent / baseline),
    )


def _text(given: Mapping[str, Any], key: str, path: Path, prefix: str) -> str | None:
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise UserError(f"{path}: {prefix}{key} has to be a text, and is {_shown(value)}.")
    return value


def _names(given: Mapping[str, Any], key: str, path: Path, prefix: str) -> tuple[str, ...] | None:
    value = given.get(key)
    if value is None:
        return None
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise UserError(f"{path}: {prefix}{key} has to be a list of texts, and is {_shown(value)}.")
    return tuple(piece.strip() for text in texts for piece in text.split(",") if piece.strip())


def _thresholds(tables: object, path: Path, place: str) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(tables, dict):
        raise UserError(f"{path}: [{place}] has to be a table, and is {_shown(tables)}.")
    return {name: _of_check(name, values, path, f"{place}.{name}") for name, values in tables.items()}


def _of_check(name: str, values: object, path: Path, place: str) -> Mapping[str, Any]:
    if name not in checks.names():
        raise UserError(f"{path}: [{place}]: there is no check {name!r}{suggestion(name, checks.names())}")
    if not isinstance(values, dict):
        raise UserError(f"{path}: [{place}] has to be a table of thresholds, and is {_shown(values)}.")
    check = checks.load(name)
    known = {each.name: each for each in thresholds(check)}
    fit = {}
    for key, value in values.items():
        if key not in known:
            have = f"it has {', '.join(known)}" if known else "it has none"
            raise UserError(f"{path}: [{place}] {key} is no threshold of {name}; {have}.")
        try:
            fit[key] = fitting(check, key, value)
        except UnfitValueError:
            wanted = bounds_in_words(known[key])
            raise UserError(f"{path}: [{place}] {key} has to be {wanted}, and is {_shown(value)}.") from None
    return fit


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004 - enough to recognise it


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _speaks_of_us(path: Path) -> bool:
    """Whether a project's file has our table. One that cannot be read or is no TOML is somebody else's concern."""
    try:
        return "pgclinic" in read_toml(path, "configuration").get("tool", {})
    except (UserError, AttributeError, TypeError):
        return False
