"""What users do, and how often: one request each. The weights are about those of the demo's workload."""

import json
import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote, urlencode

import msgspec

from drain_fortin.load.subjects import Subjects

_GRAPH = "{ calls(first: 20) { callId phoneNumber status startedAt lead { name status estimatedValue } } }"


class Asked(msgspec.Struct, frozen=True):
    """One request: ``body`` is JSON, or nothing."""

    path: str
    method: str = "GET"
    body: bytes = b""


class Action(msgspec.Struct, frozen=True):
    """What a user does, ``weight`` times as often as something of weight 1. ``writes`` changes rows."""

    name: str
    weight: int
    ask: Callable[[Subjects, random.Random], Asked]
    writes: bool = False


def _query(path: str, **fields: str | None) -> Asked:
    return Asked(f"{path}?{urlencode({key: value for key, value in fields.items() if value is not None})}")


def _body(path: str, method: str, content: object) -> Asked:
    return Asked(path, method, json.dumps(content).encode())


def _search(subjects: Subjects, chance: random.Random) -> Asked:
    """By number and outcome, or the completed ones of two days."""
    if chance.random() < 0.5:  # noqa: PLR2004 - every other
        return _query("/api/calls/search", phone=chance.choice(subjects.phones), status="completed")
    until = subjects.now - timedelta(days=chance.randrange(300))
    return _query("/api/calls/search", since=(until - timedelta(days=2)).isoformat(), until=until.isoformat())


def _events(subjects: Subjects, chance: random.Random) -> Asked:
    since = subjects.now - timedelta(weeks=chance.choice((2, 4, 6, 8)))
    return _query("/api/events", since=since.isoformat(), until=(since + timedelta(weeks=2)).isoformat())


def _call_ends(subjects: Subjects, chance: random.Random) -> Asked:
    """A call that nobody saw before: the voice assistant reports it when it is over."""
    seconds = chance.randrange(30, 600)
    ended = subjects.now - timedelta(seconds=chance.randrange(60))
    said = " ".join(chance.choices(("the", "drain", "in", "basement", "is", "slow", "again", "since", "Friday"), k=200))
    report = {
        "type": "end-of-call-report",
        "call": {
            "id": f"load_{uuid.UUID(int=chance.getrandbits(128))}",
            "customer": {"number": chance.choice(subjects.phones)},
            "startedAt": (ended - timedelta(seconds=seconds)).isoformat(),
        },
        "endedAt": ended.isoformat(),
        "endedReason": "customer-ended-call",
        "artifact": {"transcript": said, "messages": [{"role": "user", "message": said[:400]}]},
        "analysis": {"summary": "A slow drain.", "structuredData": {"priority": chance.choice(("P2", "P3", "P4"))}},
    }
    return _body("/webhook/vapi", "POST", {"message": report})


def _change_lead(subjects: Subjects, chance: random.Random) -> Asked:
    change = {"status": chance.choice(("contacted", "qualified")), "assigned_to": "dispatch"}
    return _body(f"/api/leads/{chance.choice(subjects.leads)}", "PATCH", change)


PAGE = Action("dashboard page", 1, lambda *_: Asked("/"))
IMPORT = "import of 1,000 calls"
ACTIONS = (
    PAGE,
    Action("calls and leads, GraphQL", 1, lambda *_: _body("/graphql", "POST", {"query": _GRAPH})),
    Action("phone search", 2, lambda what, any_of: _query("/api/calls", phone=any_of.choice(what.phones))),
    Action(
        "history of a phone number",
        1,
        lambda what, any_of: _query("/api/calls/history", phone=any_of.choice(what.phones)),
    ),
    Action("search with filters", 1, _search),
    Action("log of a call", 4, lambda what, any_of: Asked(f"/api/calls/{quote(any_of.choice(what.calls))}/log")),
    Action("calls handed to a person", 1, lambda *_: Asked("/api/calls/escalated")),
    Action("leads by status", 4, lambda _, any_of: _query("/api/leads", status=any_of.choice(("new", "qualified")))),
    Action("appointments of a day", 4, lambda what, any_of: Asked(f"/api/appointments/{any_of.choice(what.days)}")),
    Action(
        "appointments of a customer",
        4,
        lambda what, any_of: _query("/api/appointments", phone=any_of.choice(what.customers), since="2020-01-01"),
    ),
    Action("events of two weeks", 1, _events),
    Action("change of a lead", 1, _change_lead, writes=True),
    Action("end of a call", 2, _call_ends, writes=True),
)  # fmt: skip


def import_of(count: int, seed: int) -> Asked:
    """The nightly file."""
    chance = random.Random(f"{seed}/import")  # noqa: S311 - as above
    calls = [
        {
            "call_id": f"import_{seed}_{number}",
            "phone_number": f"+1514555{number % 10_000:04d}",
            "started_at": f"2026-01-{1 + number % 28:02d}T08:{number % 60:02d}:00Z",
            "duration": 30 + chance.randrange(300),
            "priority": f"P{1 + number % 4}",
        }
        for number in range(count)
    ]
    return _body("/api/calls/import", "POST", calls)
