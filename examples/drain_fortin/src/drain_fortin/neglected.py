"""The desk as the application once had it: a connection a request, a query a lead, a statement a row, nothing kept.

No pooler, no cache, no replica. This is what an object-relational mapper and a serverless template come to when nobody
looks; the statements are those of the demo's workload.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import psycopg

from drain_fortin import nouns
from drain_fortin.asking import Asking
from drain_fortin.desk import Reads
from drain_fortin.rows import call_row, import_row, log_row
from drain_fortin.statements import Statements


class NeglectedDesk(Asking):
    """Asks on a connection of its own."""

    async def kept(self, key: str, seconds: float, make: Callable[[Reads], Awaitable[bytes]]) -> bytes:  # noqa: ARG002
        return await make(self)

    async def newest_with_leads(self, count: int) -> list[nouns.CallWithLead]:
        calls = await self.newest_calls(count)
        return [nouns.CallWithLead(call=call, lead=await self.lead_of(call.call_id)) for call in calls]

    async def lead_of(self, call_id: str) -> nouns.LeadOfCall | None:
        leads = await self.rows("lead_of_call", nouns.LeadOfCall, call_id)
        return leads[0] if leads else None

    async def change_lead(self, lead: UUID, status: str, assigned_to: str | None) -> nouns.LeadState | None:
        states = await self.rows("change_lead", nouns.LeadState, lead, status, assigned_to)
        return states[0] if states else None

    async def end_call(self, call_id: str, at: datetime) -> None:
        await self.write("end_call", (call_id, at))

    async def record(self, report: nouns.CallReport) -> None:
        await self.write("record_call", call_row(report))
        await self.write("record_log", log_row(report))

    async def import_calls(self, calls: Sequence[nouns.ImportedCall]) -> int:
        await self.write("import_call", *map(import_row, calls))
        return len(calls)


@asynccontextmanager
async def neglected_desk(conninfo: str, statements: Statements) -> AsyncIterator[NeglectedDesk]:
    """A desk for one request."""
    connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True, application_name="drain_fortin")
    async with connection:
        yield NeglectedDesk(connection, statements)
