"""What the voice assistant (VAPI) tells of a call: ``status-update`` while it goes on, ``end-of-call-report`` after.

Its server messages: https://docs.vapi.ai/server-url/events. Others than these two are acknowledged and left alone.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from drain_fortin.desk import Desk
from drain_fortin.nouns import CallReport

_MISSED = frozenset({"customer-did-not-answer", "silence-timed-out", "customer-busy"})
_FAILED = ("pipeline-error", "call.in-progress.error", "assistant-error", "phone-call-provider-")


class Customer(msgspec.Struct, frozen=True, rename="camel"):
    """Who called."""

    number: str


class VoiceCall(msgspec.Struct, frozen=True, rename="camel"):
    """The call as VAPI knows it."""

    id: str
    customer: Customer
    started_at: datetime


class Artifact(msgspec.Struct, frozen=True, rename="camel"):
    """What was said."""

    transcript: str | None = None
    messages: list[Any] | None = None


class Analysis(msgspec.Struct, frozen=True, rename="camel"):
    """What the assistant made of it; ``structured_data`` is what it was told to find out."""

    summary: str | None = None
    structured_data: dict[str, Any] | None = None


class StatusUpdate(msgspec.Struct, frozen=True, rename="camel", tag_field="type", tag="status-update"):
    """The call goes on, or is over."""

    call: VoiceCall
    status: Literal["scheduled", "queued", "ringing", "in-progress", "forwarding", "ended"]
    timestamp: datetime


class EndOfCallReport(msgspec.Struct, frozen=True, rename="camel", tag_field="type", tag="end-of-call-report"):
    """Everything about a call that is over."""

    call: VoiceCall
    ended_at: datetime
    ended_reason: str = ""
    artifact: Artifact = Artifact()
    analysis: Analysis = Analysis()


class Event(msgspec.Struct, frozen=True):
    """The body of a request to the webhook."""

    message: StatusUpdate | EndOfCallReport


class _Type(msgspec.Struct, frozen=True):
    type: str


class _Envelope(msgspec.Struct, frozen=True):
    message: _Type


_KNOWN = frozenset({"status-update", "end-of-call-report"})


def event_of(body: bytes) -> StatusUpdate | EndOfCallReport | None:
    """The event in a request, None for one of another type. Raises msgspec.DecodeError (and its ValidationError)."""
    if msgspec.json.decode(body, type=_Envelope).message.type not in _KNOWN:
        return None
    return msgspec.json.decode(body, type=Event).message


async def take_in(event: StatusUpdate | EndOfCallReport, desk: Desk) -> None:
    """Keep what it tells; on return it is durable, so that VAPI sends again only what was not kept."""
    match event:
        case EndOfCallReport():
            await desk.record(_report(event))
        case StatusUpdate(status="ended"):
            await desk.end_call(event.call.id, event.timestamp)
        case StatusUpdate(status="in-progress"):
            await desk.record(_begun(event.call))


def _begun(call: VoiceCall) -> CallReport:
    return CallReport(call_id=call.id, phone_number=call.customer.number, status="active", started_at=call.started_at)


def _report(event: EndOfCallReport) -> CallReport:
    found = event.analysis.structured_data or {}
    return CallReport(
        call_id=event.call.id,
        phone_number=event.call.customer.number,
        status=_outcome(event.ended_reason),
        started_at=event.call.started_at,
        ended_at=event.ended_at,
        transcript=event.artifact.transcript,
        messages=event.artifact.messages,
        summary=event.analysis.summary,
        analysis=event.analysis.structured_data,
        priority=_priority(found),
        priority_reason=_text(found.get("reason")),
    )


def _outcome(reason: str) -> str:
    if reason in _MISSED:
        return "missed"
    return "failed" if reason.startswith(_FAILED) else "completed"


def _priority(found: dict[str, Any]) -> str:
    """Flooding is P1, whatever the assistant thinks; what it does not tell can wait (P4)."""
    if found.get("flooding") is True:
        return "P1"
    told = found.get("priority")
    return told if told in {"P1", "P2", "P3", "P4"} else "P4"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
