"""The desk with the runtime: reads on the replica, one look-up for many leads, the dashboard kept, calls in batches.

PgBouncer stands before the primary, so nothing is prepared there. Whoever wrote sees it in what they read next, on
whichever server, and in the cache.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from litestar import Litestar
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from drain_fortin import nouns
from drain_fortin.asking import Asking
from drain_fortin.desk import Reads
from drain_fortin.reading import Reading
from drain_fortin.rows import CALL_COLUMNS, IMPORT_COLUMNS, LOG_COLUMNS, call_row, import_row, log_row
from drain_fortin.settings import Settings
from drain_fortin.statements import Statements, treated
from pgclinic_runtime.batches import Append, AsyncBatchWriter, Insert, setup_async
from pgclinic_runtime.cache import AsyncCache
from pgclinic_runtime.grouping import Limits
from pgclinic_runtime.loader import AsyncLoader, Children
from pgclinic_runtime.routing import AsyncRouter

Row = TypeVar("Row")
Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]

_MOST_CONNECTIONS = 10
_LONGEST_WAIT_SECONDS = 10.0
"""For a connection: who waits longer is told to come again."""
_NEAR_SECONDS = 5.0
"""So late a process asks Redis again for what it has seen: what is kept here ends by its age and in no other way."""
_TOGETHER = Limits(rows=500, seconds=0.01)
"""Calls that end within a hundredth of a second are written together; nobody waits longer for others."""

_LEADS = Children(
    "leads", "call_id", ("call_id", "id", "name", "status", "estimated_value"), limit=1, into=nouns.LeadOfCall
)
_LOGS = Children(
    "call_logs",
    "call_id",
    ("id", "status", "duration", "summary", "tool_calls", "created_at"),
    order=("created_at",),
    into=nouns.LogEntry,
)
_CREATED = "created_at"
"""Given with each row: now() would be the same for all that are written together, and order by it would be lost."""
_KEPT_ON_CONFLICT = frozenset({"call_id", "phone_number", "started_at"})


class Practice:
    """The parts that all requests share: opened with the service, closed with it."""

    def __init__(self, settings: Settings) -> None:
        primary = settings.pooler or settings.database
        self.statements: Statements = treated(settings.statements)
        pooled = {"prepare_threshold": None} if settings.pooler else {}
        self._primary = _pool(primary, **pooled)
        self._replica = _pool(settings.replica) if settings.replica else None
        replicas = {"replica": self._replica} if self._replica else {}
        self.router = AsyncRouter(self._primary, replicas)
        self.cache = AsyncCache(
            self.router, settings.redis or None, namespace="drain_fortin", near_seconds=_NEAR_SECONDS
        )
        update = tuple(column for column in CALL_COLUMNS if column not in _KEPT_ON_CONFLICT)
        calls = Insert("vapi_calls", (*CALL_COLUMNS, _CREATED), conflict=("call_id",), update=update)
        self.calls = AsyncBatchWriter(primary, calls, limits=_TOGETHER)
        self.logs = AsyncBatchWriter(primary, Append("call_logs", (*LOG_COLUMNS, _CREATED)), limits=_TOGETHER)
        imported = (*IMPORT_COLUMNS, "status", _CREATED)
        imports = Insert("vapi_calls", imported, conflict=("call_id",), update=("status", "duration"))
        self.imports = AsyncBatchWriter(primary, imports, limits=_TOGETHER)
        self._database = settings.database

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """All parts, while the service runs."""
        async with await AsyncConnection.connect(self._database, autocommit=True) as connection:
            await setup_async(connection)
        async with AsyncExitStack() as parts:
            for pool in filter(None, (self._primary, self._replica)):
                await parts.enter_async_context(pool)
            await parts.enter_async_context(self.router)
            parts.push_async_callback(self.cache.close)
            for writer in (self.calls, self.logs, self.imports):
                await parts.enter_async_context(writer)
            yield

    @asynccontextmanager
    async def desk(self) -> AsyncIterator["CuredDesk"]:
        """A desk for one request."""
        yield CuredDesk(self)


class Loading(Reading):
    """Asks for what belongs to many calls at once."""

    def __init__(self, connect: Connect) -> None:
        self._loader = AsyncLoader(connect)

    async def newest_with_leads(self, count: int) -> list[nouns.CallWithLead]:
        calls = await self.newest_calls(count)
        leads = await self._loader.load_many(_LEADS, [call.call_id for call in calls])
        return [
            nouns.CallWithLead(call=call, lead=found[0] if found else None)
            for call, found in zip(calls, leads, strict=True)
        ]

    async def lead_of(self, call_id: str) -> nouns.LeadOfCall | None:
        found = await self._loader.load(_LEADS, call_id)
        return found[0] if found else None

    async def log_of(self, call_id: str) -> list[nouns.LogEntry]:
        return await self._loader.load(_LOGS, call_id)


class Moment(Loading, Asking):
    """All on one connection: what is kept is of one moment."""

    def __init__(self, connection: AsyncConnection[Any], statements: Statements) -> None:
        Loading.__init__(self, lambda: nullcontext(connection))
        Asking.__init__(self, connection, statements)


class CuredDesk(Loading):
    """Asks through the runtime. What it loads by key it asks for once."""

    def __init__(self, practice: Practice) -> None:
        super().__init__(practice.router.read)
        self._practice = practice

    async def rows(self, name: str, kind: type[Row], *parameters: Any) -> list[Row]:
        return await self._practice.router.run(lambda connection: self._on(connection).rows(name, kind, *parameters))

    async def kept(self, key: str, seconds: float, make: Callable[[Reads], Awaitable[bytes]]) -> bytes:
        return await self._practice.cache.get(key, lambda connection: make(self._on(connection)), ttl=seconds)

    async def change_lead(self, lead: UUID, status: str, assigned_to: str | None) -> nouns.LeadState | None:
        async with self._practice.router.write() as connection:
            states = await self._on(connection).rows("change_lead", nouns.LeadState, lead, status, assigned_to)
        return states[0] if states else None

    async def end_call(self, call_id: str, at: datetime) -> None:
        async with self._practice.router.write() as connection:
            await self._on(connection).write("end_call", (call_id, at))

    async def record(self, report: nouns.CallReport) -> None:
        now = datetime.now(UTC)
        call = await self._practice.calls.write((*call_row(report), now))
        log = await self._practice.logs.write((*log_row(report), now))
        await call
        await log

    async def import_calls(self, calls: Sequence[nouns.ImportedCall]) -> int:
        practice = self._practice
        rows = [(*import_row(call), "completed", call.started_at) for call in calls]
        await (await practice.imports.write_many(rows))
        practice.router.current_session().wrote(await practice.router.position())
        return len(calls)

    def _on(self, connection: AsyncConnection[Any]) -> Moment:
        return Moment(connection, self._practice.statements)


def _pool(conninfo: str, **options: Any) -> AsyncConnectionPool:
    options = {"application_name": "drain_fortin", "autocommit": True, **options}
    return AsyncConnectionPool(
        conninfo,
        min_size=2,
        max_size=_MOST_CONNECTIONS,
        timeout=_LONGEST_WAIT_SECONDS,
        kwargs=options,
        open=False,
    )
