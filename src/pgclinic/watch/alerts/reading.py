"""A table of a TOML file whose keys are asked for by type; what does not fit is said with file, table and key."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pgclinic.model.errors import UserError
from pgclinic.watch.alerts.quantities import UnfitTextError

Value = TypeVar("Value")
_NEEDED: Any = object()
_LONGEST = 60


class Table:
    """One table, by where it stands."""

    def __init__(self, values: Any, source: str, place: str) -> None:  # noqa: ANN401 - whatever stands in the file
        self.values = values
        self.source = source
        self.place = place

    def wrong(self, key: str, why: str) -> UserError:
        """The sentence about a key that does not fit."""
        value = self.values.get(key)
        shown = "" if value is None or key == "url" else f", and is {_shown(value)}"
        return UserError(f"{self.source}: {f'[{self.place}] ' if self.place else ''}{key} {why}{shown}.")

    def demand_table(self) -> None:
        """Raise UserError where it is no table."""
        if not isinstance(self.values, dict):
            raise UserError(f"{self.source}: {self.place} has to be a table, and is {_shown(self.values)}.")

    def demand_keys(self, *known: str) -> None:
        """Raise UserError for a key that is not known."""
        self.demand_table()
        for key in self.values:
            if key not in known:
                raise self.wrong_key(key, known)

    def wrong_key(self, key: str, known: tuple[str, ...]) -> UserError:
        """The sentence about a key that does not exist."""
        where = f"[{self.place}]" if self.place else "it"
        return UserError(f"{self.source}: {where} has no key {_shown(key)}; the keys are {', '.join(known)}.")

    def table(self, key: str) -> "Table":
        """A table inside of a table, empty where there is none."""
        place = f"{self.place}.{key}" if self.place else key
        table = Table(self.values.get(key, {}), self.source, place)
        table.demand_table()
        return table

    def tables(self, key: str) -> "Mapping[str, Table]":
        """The tables inside of a table."""
        inner = self.values.get(key, {})
        if not isinstance(inner, dict):
            raise self.wrong(key, "has to be a table")
        place = f"{self.place}.{key}" if self.place else key
        return {name: Table(values, self.source, f"{place}.{name}") for name, values in inner.items()}

    def list(self, key: str) -> "tuple[Table, ...]":
        """A list of tables."""
        inner = self.values.get(key, [])
        if not isinstance(inner, list):
            raise self.wrong(key, f"has to be a list of tables, each headed [[{key}]]")
        return tuple(Table(values, self.source, f"{key} {number}") for number, values in enumerate(inner, 1))

    def text(self, key: str, default: str = _NEEDED) -> str:
        """A text."""
        value = self.values.get(key, default)
        if value is _NEEDED:
            raise self.wrong(key, "is missing")
        if not isinstance(value, str) or not value:
            raise self.wrong(key, "has to be a text")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of texts; one alone may stand for itself."""
        value = self.values.get(key, list(default))
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
            raise self.wrong(key, "has to be a list of texts")
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self.values.get(key, default) if isinstance(self.values, dict) else default
        if not isinstance(value, bool):
            raise self.wrong(key, "has to be true or false")
        return value

    def quantity(self, key: str, read: Callable[[str], Value], default: Any = _NEEDED) -> Value:  # noqa: ANN401
        """What a reader of quantities makes of a text; numbers are taken as written."""
        value = self.values.get(key, default)
        if value is default and default is not _NEEDED:
            return value  # type: ignore[no-any-return]
        if value is _NEEDED:
            raise self.wrong(key, "is missing")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(key, "has to be a text")
        try:
            return read(str(value))
        except UnfitTextError as error:
            raise self.wrong(key, f"has to be {error}") from None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
