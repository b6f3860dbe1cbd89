"""The nouns of alerting: what is judged, when nobody is told, and who is told."""

from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec

from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Severity
from pgclinic.watch.alerts.quantities import Condition
from pgclinic.watch.alerts.silences import Silence


class View(StrEnum):
    """What of an observation a rule looks at."""

    VALUE = "value"
    """The figure as it is."""
    CHANGE = "change"
    """By how much it changed within ``over``."""
    TIMES_PAST = "times past"
    """How many times its own median of the last ``over``."""
    TIME_LEFT = "time left"
    """In how many seconds it reaches zero, as a straight line through the last ``over`` goes on."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: ``observation`` is watched as ``view`` says, of each object by itself.

    It fires once ``fires`` has held for ``for_seconds`` without a break, and resolves when ``resolves`` holds. What a
    value has to be at least, as it is, stands in ``at_least``: too small ones do not count. ``says`` and ``resolved``
    are sentences with the places ``{value} {threshold} {object} {target}``. ``over`` is in seconds, ``unit`` that of
    what is compared.
    """

    name: str
    observation: str
    unit: Unit
    fires: Condition
    resolves: Condition
    says: str
    resolved: str
    severity: Severity = Severity.WARNING
    for_seconds: float = 0.0
    view: View = View.VALUE
    over: float = 0.0
    at_least: float | None = None
    targets: tuple[str, ...] = ("*",)

    def concerns(self, target: str) -> bool:
        """Whether it is a rule for this target."""
        return any(fnmatchcase(target, pattern) for pattern in self.targets)


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go. ``url`` is apprise's and holds secrets: the text of this value does not."""

    name: str
    url: str
    severity: Severity = Severity.WARNING

    def __repr__(self) -> str:
        """Without the URL."""
        return f"Channel({self.name!r})"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of rules says."""

    source: str = ""
    rules: tuple[Rule, ...] = ()
    channels: tuple[Channel, ...] = ()
    silences: tuple[Silence, ...] = ()
