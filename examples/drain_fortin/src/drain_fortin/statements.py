"""The statements that the service sends, by name, and what the clinic's treatment made of them.

A developer who follows a prescription writes its statement into the code in place of the old one. Here a file does it,
so that the same code runs before and after: it says for each name what is sent instead and of which parameters.
"""

from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec


class Gather(msgspec.Struct, frozen=True):
    """How one ``$n`` is made: from the call's parameter of this number, for all calls as an array, or a constant."""

    parameter: int = 0
    as_array: bool = False
    constant: str | None = None

    def of(self, calls: Sequence[Sequence[Any]]) -> Any:
        """Its value for these calls."""
        if not self.parameter:
            return [self.constant] * len(calls) if self.as_array else self.constant
        if self.as_array:
            return [call[self.parameter - 1] for call in calls]
        return calls[0][self.parameter - 1]


class Statement(msgspec.Struct, frozen=True, dict=True):
    """A statement with ``$n``. One run stands for up to ``calls`` calls, whose parameters ``gathers`` combines."""

    sql: str
    gathers: tuple[Gather, ...] | None = None
    calls: int = 1

    @cached_property
    def text(self) -> bytes:
        """As drivers take it."""
        return self.sql.encode()

    def parameters(self, *calls: Sequence[Any]) -> Sequence[Any]:
        """What is sent along for these calls."""
        return calls[0] if self.gathers is None else [gather.of(calls) for gather in self.gathers]


Statements = dict[str, Statement]


def written() -> Statements:
    """The statements as the application was written: the files of ``statements/``, each named for its statement."""
    folder = resources.files("drain_fortin").joinpath("statements")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return {file.name.removesuffix(".sql"): Statement(file.read_text(encoding="utf-8").strip()) for file in files}


def treated(replacements: Path | None) -> Statements:
    """The same with those replaced that the file names, ``{name: statement}`` as JSON."""
    if replacements is None:
        return written()
    return written() | msgspec.json.decode(replacements.read_bytes(), type=dict[str, Statement])
