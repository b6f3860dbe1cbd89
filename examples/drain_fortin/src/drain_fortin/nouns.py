"""What the service speaks of. Fields are columns of the statements; times are in UTC, durations in seconds."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec


class Noun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Made from a row by column names, written as JSON, and read back from it where it was cached."""


class Count(Noun, frozen=True, kw_only=True, gc=False):
    """How many rows."""

    count: int


class Call(Noun, frozen=True, kw_only=True, gc=False):
    """A call in a list."""

    id: UUID
    call_id: str
    phone_number: str
    status: str
    started_at: datetime | None
    duration: int | None
    priority: str | None = None


class CallOfPhone(Noun, frozen=True, kw_only=True, gc=False):
    """One of the newest calls of a phone number."""

    id: UUID
    call_id: str
    status: str
    started_at: datetime | None
    duration: int | None
    priority: str | None
    recording_url: str | None


class PastCall(Noun, frozen=True, kw_only=True, gc=False):
    """One of all the calls of a phone number."""

    id: UUID
    call_id: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    duration: int | None
    priority: str | None
    priority_reason: str | None
    analysis: Any


class LogEntry(Noun, frozen=True, kw_only=True, gc=False):
    """What happened in a call."""

    id: UUID
    status: str | None
    duration: int | None
    summary: str | None
    tool_calls: Any
    created_at: datetime


class LeadOfCall(Noun, frozen=True, kw_only=True, gc=False):
    """The prospect that came out of a call."""

    call_id: str
    id: UUID
    name: str | None
    status: str
    estimated_value: Decimal | None


class CallWithLead(Noun, frozen=True, kw_only=True, gc=False):
    """A call and what came of it."""

    call: Call
    lead: LeadOfCall | None


class Lead(Noun, frozen=True, kw_only=True, gc=False):
    """A prospect in a list."""

    id: UUID
    name: str | None
    phone: str | None
    email: str | None
    service_type: str | None
    urgency_level: str | None
    estimated_value: Decimal | None
    city: str | None
    created_at: datetime


class LeadState(Noun, frozen=True, kw_only=True, gc=False):
    """How far a prospect is, and whose it is."""

    id: UUID
    status: str
    assigned_to: str | None


class AppointmentOfDay(Noun, frozen=True, kw_only=True, gc=False):
    """A visit that waits for its confirmation."""

    id: UUID
    customer_name: str
    customer_phone: str
    service_type: str | None
    preferred_time: str | None
    urgency: str | None


class AppointmentOfCustomer(Noun, frozen=True, kw_only=True, gc=False):
    """A visit of one customer."""

    id: UUID
    service_type: str | None
    preferred_date: date | None
    preferred_time: str | None
    status: str


class Escalation(Noun, frozen=True, kw_only=True, gc=False):
    """A call that a person had to take over."""

    call_id: str
    created_at: datetime
    summary: str | None


class EventCount(Noun, frozen=True, kw_only=True, gc=False):
    """How often something happened."""

    event_type: str
    events: int


class UrgentCall(Noun, frozen=True, kw_only=True, gc=False):
    """A call of priority P1."""

    id: UUID
    call_id: str
    phone_number: str
    started_at: datetime | None
    priority_reason: str | None
    sla_seconds: int | None


class Metrics(Noun, frozen=True, kw_only=True, gc=False):
    """The completed calls of the last 24 hours."""

    calls: int
    average_duration: Decimal | None
    median_duration: float | None
    p95_duration: float | None
    distinct_callers: int


class LastDay(Noun, frozen=True, kw_only=True, gc=False):
    """All calls of the last 24 hours."""

    calls: int
    missed: int


class Day(Noun, frozen=True, kw_only=True, gc=False):
    """One of the last 30 days."""

    call_date: date
    total_calls: int
    completed_calls: int
    p1_calls: int
    p2_calls: int
    average_duration: Decimal | None
    distinct_callers: int


class PriorityShare(Noun, frozen=True, kw_only=True, gc=False):
    """The calls of one priority in the last 7 days."""

    priority: str | None
    calls: int
    average_duration: Decimal | None
    completed_calls: int


class Service(Noun, frozen=True, kw_only=True, gc=False):
    """The prospects for one service in the last 30 days; ``conversion_rate`` is in percent."""

    service_type: str | None
    leads: int
    converted: int
    conversion_rate: Decimal


class Dashboard(Noun, frozen=True, kw_only=True, gc=False):
    """Everything that the dashboard counts, as of the minute ``now``."""

    now: datetime
    last_hour: int
    last_day: LastDay
    active: int
    metrics: Metrics
    urgent: list[UrgentCall]
    days: list[Day]
    priorities: list[PriorityShare]
    services: list[Service]


class CallReport(Noun, frozen=True, kw_only=True, gc=False):
    """What the voice assistant tells of a call; ``transcript`` is for people, ``messages`` are its turns."""

    call_id: str
    phone_number: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    transcript: str | None = None
    messages: list[Any] | None = None
    summary: str | None = None
    analysis: dict[str, Any] | None = None
    priority: str | None = None
    priority_reason: str | None = None

    @property
    def duration(self) -> int | None:
        """Seconds, once it is over."""
        return None if self.ended_at is None else max(0, round((self.ended_at - self.started_at).total_seconds()))


class ImportedCall(Noun, frozen=True, kw_only=True, gc=False):
    """A call from the nightly file of the telephone company."""

    call_id: str
    phone_number: str
    started_at: datetime
    duration: int
    priority: str
