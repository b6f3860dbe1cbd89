"""Findings that somebody knows of and does not want to be told again."""

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from pgclinic.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


class KnownFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a baseline file. ``object`` is the finding's object in words, for people.

    ``severity`` is the one it was known at; None for a line that holds nothing but the fingerprint. ``comment`` says
    why, ``above`` are the comment lines that somebody wrote over it.
    """

    fingerprint: str
    severity: Severity | None = None
    check: str = ""
    object: str = ""
    comment: str = ""
    above: tuple[str, ...] = ()


class Baseline(msgspec.Struct, frozen=True, dict=True):
    """What is known, sorted by check and object."""

    entries: tuple[KnownFinding, ...] = ()

    @cached_property
    def by_fingerprint(self) -> "Mapping[str, KnownFinding]":
        """The entries by fingerprint."""
        return {entry.fingerprint: entry for entry in self.entries}
