"""What the service asks of its database: one interface, two implementations."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from drain_fortin import nouns


class Reads(Protocol):
    """What is asked about the calls and what came of them. ``now`` is the time, to the minute, in UTC."""

    async def dashboard(self, now: datetime) -> nouns.Dashboard:
        """Everything that the dashboard counts."""
        ...

    async def newest_calls(self, count: int) -> list[nouns.Call]:
        """The newest first."""
        ...

    async def newest_with_leads(self, count: int) -> list[nouns.CallWithLead]:
        """The newest first, each with the prospect that came out of it."""
        ...

    async def lead_of(self, call_id: str) -> nouns.LeadOfCall | None:
        """The prospect that came out of a call."""
        ...

    async def calls_of(self, phone_number: str) -> list[nouns.CallOfPhone]:
        """The twenty newest."""
        ...

    async def history_of(self, phone_number: str) -> list[nouns.PastCall]:
        """All of them, the newest first."""
        ...

    async def log_of(self, call_id: str) -> list[nouns.LogEntry]:
        """In order of time."""
        ...

    async def leads(self, status: str, since: datetime) -> list[nouns.Lead]:
        """Prospects that are so far, the newest first."""
        ...

    async def appointments_on(self, day: date) -> list[nouns.AppointmentOfDay]:
        """Those that wait for their confirmation."""
        ...

    async def appointments_of(self, phone_number: str, since: date) -> list[nouns.AppointmentOfCustomer]:
        """In order of their days."""
        ...

    async def search(
        self, phone_number: str | None, status: str | None, since: datetime | None, until: datetime | None
    ) -> list[nouns.Call]:
        """The fifty newest calls that fit all that is given."""
        ...

    async def escalations(self) -> list[nouns.Escalation]:
        """Calls that a person had to take over, the newest first."""
        ...

    async def events(self, since: datetime, until: datetime) -> list[nouns.EventCount]:
        """How often what happened."""
        ...


class Desk(Reads, Protocol):
    """One request's view of them, which may also change them."""

    async def kept(self, key: str, seconds: float, make: Callable[[Reads], Awaitable[bytes]]) -> bytes:
        """What ``make`` says: made now, or for the same ``key`` at most so many seconds ago.

        Nobody is given what is from before their own last write.
        """
        ...

    async def change_lead(self, lead: UUID, status: str, assigned_to: str | None) -> nouns.LeadState | None:
        """None where there is no such prospect."""
        ...

    async def end_call(self, call_id: str, at: datetime) -> None:
        """The caller hung up. Does nothing where the call is over."""
        ...

    async def record(self, report: nouns.CallReport) -> None:
        """Keep what the voice assistant tells; it is durable on return."""
        ...

    async def import_calls(self, calls: Sequence[nouns.ImportedCall]) -> int:
        """Keep them, over what was kept of the same calls; how many there were."""
        ...
