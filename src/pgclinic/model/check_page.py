"""What a check is, for people: its page of the documentation, its thresholds, and what cures what it finds."""

import msgspec

from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Severity


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """A keyword parameter of a check: its ``default``, and the ``value`` in force.

    ``kind`` says in words what may be set (``a number``, ``a whole number``, ``true or false``, ``a text``);
    ``lowest`` and ``highest`` are None where nothing bounds it. ``unit`` is what its name says that it counts.
    """

    name: str
    kind: str
    default: float | int | bool | str | tuple[str, ...] | None
    value: float | int | bool | str | tuple[str, ...] | None
    lowest: float | None = None
    highest: float | None = None
    unit: Unit = Unit.COUNT

    @property
    def is_changed(self) -> bool:
        """Whether a configuration has set it to something else than the default."""
        return self.value != self.default


class RemedyKind(msgspec.Struct, frozen=True):
    """A kind of treatment that findings of a check carry: the stem of its file in ``remedies/``, and what it does."""

    name: str
    title: str


class Section(msgspec.Struct, frozen=True):
    """One part of a page: its title without the colon, and paragraphs of one line each, `code` in backticks."""

    title: str
    paragraphs: tuple[str, ...]


class CheckPage(msgspec.Struct, frozen=True, kw_only=True):
    """One check. ``severities`` come from the mildest to the worst; empty where its file does not name them.

    ``needs`` are the probes without whose records it cannot judge. ``remedies`` is empty where the cure takes a
    choice that only the owner of the database can make.
    """

    name: str
    family: str
    title: str
    severities: tuple[Severity, ...]
    sections: tuple[Section, ...]
    thresholds: tuple[Threshold, ...]
    needs: tuple[str, ...]
    remedies: tuple[RemedyKind, ...] = ()
