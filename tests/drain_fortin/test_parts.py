"""What the service is made of, each by itself."""

import asyncio
import contextlib
import json
import random
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from drain_fortin import webhook
from drain_fortin.load.actions import ACTIONS
from drain_fortin.load.answers import digest
from drain_fortin.load.client import Client
from drain_fortin.load.run import Run, arrivals, order
from drain_fortin.load.subjects import Subjects
from drain_fortin.nouns import CallReport
from drain_fortin.settings import settings_from
from drain_fortin.statements import Gather, Statement, treated, written

SUBJECTS = Subjects(("+1",), ("c",), ("+1",), ("2026-01-01",), ("l",), datetime(2026, 1, 1, tzinfo=UTC))


def test_arrivals_are_fixed_in_advance_and_as_many_as_the_rate_says() -> None:
    moments = arrivals(50.0, 100.0, random.Random(1))
    assert list(moments) == sorted(arrivals(50.0, 100.0, random.Random(1)))
    assert 4500 < len(moments) < 5500
    assert moments[-1] < 100


def test_each_deck_of_actions_holds_all_of_them_by_weight() -> None:
    whole = sum(action.weight for action in ACTIONS)
    names = [action.name for action in order(3 * whole, random.Random(1))]
    assert all(names.count(action.name) == 3 * action.weight for action in ACTIONS)


def test_waiting_for_a_server_that_stalls_is_counted() -> None:
    """A load that asked only after the answer before would see one slow request; users see many."""

    async def stalling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                await free.wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async def measured() -> Any:
        server = await asyncio.start_server(stalling, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        asyncio.get_running_loop().call_later(1.0, free.set)
        client = Client("127.0.0.1", port, {})
        outcome = await Run(client, SUBJECTS, rate=100.0, users=10, seed=1).run(0.5, patience=30.0)
        await client.close()
        server.close()
        await asyncio.gather(*served)
        return outcome

    served: list[Any] = []
    free = asyncio.Event()
    outcome = asyncio.run(measured())
    times = [time for action in outcome.actions.values() for time in action.times_ms]
    assert len(times) > 25
    assert min(times) > 400  # all began within half a second, and none was answered before a whole one


def test_who_is_not_answered_has_failed_and_why_is_told() -> None:
    async def refused() -> Any:
        return await Run(Client("127.0.0.1", 1, {}), SUBJECTS, rate=50.0, users=5, seed=1).run(0.3, patience=5.0)

    outcome = asyncio.run(refused())
    assert sum(len(action.times_ms) for action in outcome.actions.values()) == 0
    assert any("Connect" in why for action in outcome.actions.values() for why in action.failures)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ('[{"a": "1.500"}, {"a": "2"}]', '[{"a": "2"}, {"a": "1.5"}]', True),
        ('[{"a": "1.500"}]', '[{"a": "1.51"}]', False),
        ('[{"a": 1}, {"a": 1}]', '[{"a": 1}]', False),
        ("<html>1</html>", "<html>1</html>", True),
        ("<html>1</html>", "<html>2</html>", False),
    ],
)
def test_answers_are_compared_by_what_they_say(one: str, other: str, *, is_same: bool) -> None:
    assert (digest(one.encode()) == digest(other.encode())) is is_same


def test_a_replaced_statement_is_given_constants_parameters_and_arrays() -> None:
    statement = Statement("…", (Gather(2), Gather(constant="active"), Gather(1, as_array=True)), calls=100)
    assert statement.parameters(("a", 1), ("b", 2)) == [1, "active", ["a", "b"]]
    assert Statement("…").parameters(("a", 1)) == ("a", 1)


def test_only_named_statements_are_replaced(tmp_path: Any) -> None:
    file = tmp_path / "followed.json"
    file.write_text('{"live_count": {"sql": "select 7 as count", "gathers": [], "calls": 1}}')
    statements = treated(file)
    assert statements["live_count"].sql == "select 7 as count"
    assert statements["leads"] == written()["leads"]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("customer-ended-call", "completed"),
        ("customer-did-not-answer", "missed"),
        ("pipeline-error-openai-llm-failed", "failed"),
    ],
)
def test_how_a_call_ended_is_told_by_its_reason(reason: str, status: str) -> None:
    assert _recorded(endedReason=reason).status == status


def test_flooding_is_urgent_whatever_the_assistant_thinks() -> None:
    report = _recorded(analysis={"structuredData": {"priority": "P3", "flooding": True}})
    assert (report.priority, report.duration) == ("P1", 200)
    assert _recorded(analysis={"structuredData": {"priority": "drop table"}}).priority == "P4"


def _recorded(**message: Any) -> CallReport:
    call = {"id": "c", "customer": {"number": "+1"}, "startedAt": "2026-11-27T10:00:00Z"}
    whole = {"type": "end-of-call-report", "call": call, "endedAt": "2026-11-27T10:03:20Z", **message}
    event = webhook.event_of(json.dumps({"message": whole}).encode())
    assert event is not None
    kept: list[CallReport] = []

    class Keeping:
        async def record(self, report: CallReport) -> None:
            kept.append(report)

    asyncio.run(webhook.take_in(event, Keeping()))  # type: ignore[arg-type]
    return kept[0]


def test_settings_that_are_missing_are_named() -> None:
    with pytest.raises(msgspec.ValidationError, match="webhook_secret"):
        settings_from({"DRAIN_FORTIN_DATABASE": "dbname=x"})
