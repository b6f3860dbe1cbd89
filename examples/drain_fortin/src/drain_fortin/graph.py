"""The service in GraphQL: calls with what came of them, as deep as the client asks."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.litestar import make_graphql_controller
from strawberry.types import Info

from drain_fortin import nouns
from drain_fortin.desk import Desk

MOST_CALLS = 100


@strawberry.type(description="The prospect that came out of a call.")
class Lead:
    """The prospect that came out of a call."""

    id: UUID
    name: str | None
    status: str
    estimated_value: str | None


@strawberry.type(description="What happened in a call.")
class LogEntry:
    """What happened in a call."""

    summary: str | None
    duration: int | None
    created_at: datetime


@strawberry.type(description="A call.")
class Call:
    """A call."""

    id: UUID
    call_id: str
    phone_number: str
    status: str
    started_at: datetime | None
    duration: int | None

    @strawberry.field(description="What came of it.")
    async def lead(self, info: Info) -> Lead | None:
        lead = await _desk(info).lead_of(self.call_id)
        if lead is None:
            return None
        value = None if lead.estimated_value is None else str(lead.estimated_value)
        return Lead(id=lead.id, name=lead.name, status=lead.status, estimated_value=value)

    @strawberry.field(description="In order of time.")
    async def log(self, info: Info) -> list[LogEntry]:
        entries = await _desk(info).log_of(self.call_id)
        return [LogEntry(summary=each.summary, duration=each.duration, created_at=each.created_at) for each in entries]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field(description=f"The newest first, at most {MOST_CALLS}.")
    async def calls(
        self, info: Info, first: Annotated[int, strawberry.argument(description="How many.")] = 20
    ) -> list[Call]:
        calls = await _desk(info).newest_calls(max(1, min(first, MOST_CALLS)))
        return [_call(call) for call in calls]


def _desk(info: Info) -> Desk:
    desk: Desk = info.context["desk"]
    return desk


def _call(call: nouns.Call) -> Call:
    return Call(
        id=call.id,
        call_id=call.call_id,
        phone_number=call.phone_number,
        status=call.status,
        started_at=call.started_at,
        duration=call.duration,
    )


schema = strawberry.Schema(
    Query,
    extensions=[
        ParserCache,
        ValidationCache,
        lambda: MaxAliasesLimiter(max_alias_count=10),
        lambda: MaxTokensLimiter(max_token_count=500),
    ],
)


async def _context(desk: Any) -> dict[str, Any]:
    return {"desk": desk}


Graph = make_graphql_controller(schema, path="/graphql", context_getter=_context, graphql_ide=None)
