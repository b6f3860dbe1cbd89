"""The two tables that grow with every call: ``vapi_calls`` and ``call_logs``."""

from collections.abc import Iterator

from pgclinic.demo.data import vocabulary
from pgclinic.demo.data.world import SECOND, World, picks, timestamp

CALL_COLUMNS = (
    "id", "call_id", "assistant_id", "customer_id", "phone_number", "status", "started_at", "ended_at", "duration",
    "recording_url", "transcript", "analysis", "priority", "priority_reason", "sla_seconds", "metadata",
    "created_at", "updated_at",
)  # fmt: skip
LOG_COLUMNS = (
    "id", "call_id", "phone_number", "duration", "status", "transcript", "summary", "analysis", "tool_calls",
    "created_at", "updated_at",
)  # fmt: skip

_STATUSES = ("completed",) * 78 + ("missed",) * 14 + ("failed",) * 8
_PRIORITIES = ("P1\t",) * 5 + ("P2\t",) * 15 + ("P3\t",) * 50 + ("P4\t",) * 30
_SLA = {"P1\t": 120, "P2\t": 900, "P3\t": 3600, "P4\t": 14400}
_NEWEST = 0.999
"""Past this share of the calls half are still active, the last is; some were never closed: 0.05 % in all."""
_FORGOTTEN = 0.00002
_SENTIMENTS = ("calm", "worried", "angry", "relieved")
_INTENTS = ("booking",) * 55 + ("quote",) * 30 + ("complaint",) * 8 + ("follow_up",) * 6 + ("emergency",)
_ASSISTANTS = tuple(f"{number:08d}-0000-4000-8000-{number:012d}" for number in range(1, 5))
_MEAN_SECONDS = 170
_LOGS_PER_CALL = 2
_TOOLS = ("\\N", *(f'[{{"name": "check_availability", "slot": {slot}}}]' for slot in range(24)))
_RARE = 400
"""One log of so many has the key that support searches for."""


def calls(world: World) -> Iterator[str]:
    """Rows of vapi_calls, oldest first."""
    draw = world.random("vapi_calls")
    blocks = picks(draw, vocabulary.dialogue(world.seed))
    analyses = tuple(
        f'{{"intent": "{intent}", "sentiment": "{sentiment}", "service": "{service}"}}'
        for intent in _INTENTS
        for sentiment in _SENTIMENTS
        for service in vocabulary.SERVICES
    )
    newest = int(world.calls * _NEWEST)
    streams = zip(
        range(world.calls),
        world.keys("vapi_calls"),
        picks(draw, _STATUSES),
        picks(draw, _PRIORITIES),
        picks(draw, _ASSISTANTS),
        picks(draw, analyses),
        picks(draw, vocabulary.REASONS),
        strict=False,
    )
    for number, key, usual_status, priority, assistant, analysis, reason in streams:
        call_id, phone, moment = world.call(number)
        created = timestamp(moment)
        is_active = draw.random() < (0.5 if number >= newest else _FORGOTTEN) or number == world.calls - 1
        status = "active" if is_active else usual_status
        ending = "\\N\t\\N\t\\N"
        if status in {"completed", "failed"}:
            seconds = int(15 + draw.expovariate(1 / _MEAN_SECONDS))
            ending = f"{timestamp(moment + seconds * SECOND)}\t{seconds}\thttps://storage.vapi.ai/{key[:13]}.wav"
        transcript = "\\N" if status == "missed" else next(blocks) + next(blocks) + next(blocks)
        yield (
            f"{key}\t{call_id}\t{assistant}\t{key[9:]}-{key[:8]}\t{phone}\t{status}\t{created}\t{ending}\t"
            f"{transcript}\t{analysis}\t{priority}{reason}\t{_SLA[priority]}\t"
            f'{{"line": {number % 9}}}\t{created}\t{created}\n'
        )


def logs(world: World) -> Iterator[str]:
    """Rows of call_logs: two events of each call, in the order of the calls."""
    draw = world.random("call_logs")
    texts = tuple(
        f'"text": "{block}"' + (', "escalated": true' if number == 0 else "")
        for number, block in enumerate(vocabulary.remarks(world.seed, _RARE))
    )
    streams = zip(
        ((turn, call) for call in map(world.call, range(world.calls)) for turn in range(_LOGS_PER_CALL)),
        world.keys("call_logs"),
        picks(draw, _STATUSES),
        picks(draw, texts),
        picks(draw, vocabulary.REASONS),
        picks(draw, _INTENTS),
        picks(draw, _TOOLS),
        strict=False,
    )
    for (turn, (call_id, phone, moment)), key, status, text, reason, intent, tool in streams:
        created = timestamp(moment + 40 * turn * SECOND)
        yield (
            f"{key}\t{call_id}\t{phone}\t{20 + 60 * turn}\t{status}\t"
            f'{{"lang": "fr-CA", "turn": {turn}, {text}}}\t{reason}\t{{"intent": "{intent}"}}\t{tool}\t'
            f"{created}\t{created}\n"
        )
