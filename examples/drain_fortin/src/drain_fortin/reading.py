"""The questions that both implementations ask in the same words; each answers ``rows`` in its own way."""

from abc import ABC, abstractmethod
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from drain_fortin import nouns

Row = TypeVar("Row")


class Reading(ABC):
    """A desk's plain reads. What each gives is told by ``Desk``."""

    @abstractmethod
    async def rows(self, name: str, kind: type[Row], *parameters: Any) -> list[Row]:
        """The rows of the statement of this name."""

    async def one(self, name: str, kind: type[Row], *parameters: Any) -> Row:
        """The only row of a statement that always has one."""
        (row,) = await self.rows(name, kind, *parameters)
        return row

    async def dashboard(self, now: datetime) -> nouns.Dashboard:
        day_ago, midnight = now - timedelta(days=1), now.replace(hour=0, minute=0)
        return nouns.Dashboard(
            now=now,
            last_hour=(await self.one("calls_of_last_hour", nouns.Count, now - timedelta(hours=1))).count,
            last_day=await self.one("calls_of_last_day", nouns.LastDay, day_ago),
            active=(await self.one("live_count", nouns.Count)).count,
            metrics=await self.one("metrics", nouns.Metrics, day_ago),
            urgent=await self.rows("urgent_calls", nouns.UrgentCall, midnight),
            days=await self.rows("daily_summary", nouns.Day),
            priorities=await self.rows("priorities", nouns.PriorityShare),
            services=await self.rows("services", nouns.Service, now - timedelta(days=30)),
        )

    async def newest_calls(self, count: int) -> list[nouns.Call]:
        return await self.rows("newest_calls", nouns.Call, count)

    async def calls_of(self, phone_number: str) -> list[nouns.CallOfPhone]:
        return await self.rows("calls_of_phone", nouns.CallOfPhone, phone_number)

    async def history_of(self, phone_number: str) -> list[nouns.PastCall]:
        return await self.rows("history_of_phone", nouns.PastCall, phone_number)

    async def log_of(self, call_id: str) -> list[nouns.LogEntry]:
        return await self.rows("log_of_call", nouns.LogEntry, call_id)

    async def leads(self, status: str, since: datetime) -> list[nouns.Lead]:
        return await self.rows("leads", nouns.Lead, status, since)

    async def appointments_on(self, day: date) -> list[nouns.AppointmentOfDay]:
        return await self.rows("appointments_of_day", nouns.AppointmentOfDay, day)

    async def appointments_of(self, phone_number: str, since: date) -> list[nouns.AppointmentOfCustomer]:
        return await self.rows("appointments_of_customer", nouns.AppointmentOfCustomer, phone_number, since)

    async def search(
        self, phone_number: str | None, status: str | None, since: datetime | None, until: datetime | None
    ) -> list[nouns.Call]:
        return await self.rows("search", nouns.Call, phone_number, status, since, until)

    async def escalations(self) -> list[nouns.Escalation]:
        return await self.rows("escalations", nouns.Escalation)

    async def events(self, since: datetime, until: datetime) -> list[nouns.EventCount]:
        return await self.rows("events", nouns.EventCount, since, until)
