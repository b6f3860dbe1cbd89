"""What history tells of alerts: what stands, what is over, and who was told. Times are ISO 8601 in UTC."""

import msgspec

from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Severity


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one channel about one alert: that it is bad or, where ``is_resolved``, that it is over.

    ``sent_at`` is None for one that was not taken yet; then ``failed`` counts the attempts, and ``failure`` says why
    the last one failed, without secrets. ``is_given_up``: it is not tried any more.
    """

    channel: str
    made_at: str
    is_resolved: bool = False
    sent_at: str | None = None
    failed: int = 0
    failure: str = ""
    is_given_up: bool = False


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What is or was bad about one object of ``target``, by a rule; ``object`` is empty for the whole database.

    It has been so ``since``, was called an alert at ``fired_at``, and is over since ``resolved_at``. ``value`` is what
    was measured last, None once it is over; ``worst`` the farthest beyond the line, which is ``comparison`` and
    ``threshold`` (None: the line was not kept), all in ``unit``. ``is_silenced``: nobody is told of it as yet.
    """

    target: str
    rule: str
    object: str
    since: str
    fired_at: str
    resolved_at: str | None = None
    severity: Severity = Severity.WARNING
    unit: Unit = Unit.COUNT
    comparison: str = ""
    threshold: float | None = None
    value: float | None = None
    worst: float
    is_silenced: bool = False
    tellings: tuple[Telling, ...] = ()


class ChannelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel did over a time: messages that were taken, that wait, and that were given up.

    ``failure`` is why the last attempt failed, empty where it did not.
    """

    name: str
    sent: int = 0
    waiting: int = 0
    given_up: int = 0
    failed_attempts: int = 0
    failure: str = ""


class AlertHistory(msgspec.Struct, frozen=True, kw_only=True):
    """What stood at a moment, the worst first; what ended in a time before it, the latest first; and the channels."""

    standing: tuple[Alert, ...] = ()
    resolved: tuple[Alert, ...] = ()
    channels: tuple[ChannelRecord, ...] = ()
