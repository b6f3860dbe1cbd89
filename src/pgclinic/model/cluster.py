"""Several databases of one server, looked at one after the other."""

from typing import Generic, TypeVar

import msgspec

Noun = TypeVar("Noun")


class DatabaseVisit(msgspec.Struct, Generic[Noun], frozen=True):
    """What came of one database; ``result`` is None where it could not be entered, ``refusal`` says why."""

    database: str
    result: Noun | None = None
    refusal: str = ""
