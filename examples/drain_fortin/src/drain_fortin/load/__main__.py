"""``python -m drain_fortin.load URL --rate 20 --seconds 10``: what became of it, as JSON on stdout.

It is told by the same environment as the service: from the database it draws whom to ask about, and the secret is what
the voice assistant sends along. With ``--only NAME`` one action is asked ``--count`` times, one after the other; with
``--answers`` each action that writes nothing is, and what is told is a digest of each answer by its question.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from time import perf_counter, process_time
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import uvloop

from drain_fortin.load.actions import ACTIONS, IMPORT, Asked, import_of
from drain_fortin.load.answers import digest
from drain_fortin.load.client import Client
from drain_fortin.load.run import Outcome, Run, Times
from drain_fortin.load.subjects import Subjects, drawn
from drain_fortin.settings import settings_from

Told = TypeVar("Told")

_EVERY_SECONDS = 10.0
"""How long a user looks at an answer before asking the next thing, on average."""
_ROWS = 1000


def main() -> None:
    """Run the load in this process."""
    parser = argparse.ArgumentParser(prog="drain_fortin.load", description="Many users at once, open loop.")
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=10, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10, help="for so long requests begin")
    parser.add_argument("--patience", type=float, default=10, help="seconds that the last ones are waited for")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="NAME", help="one action, one request after the other")
    parser.add_argument("--answers", action="store_true", help="digests of answers by question")
    parser.add_argument("--count", type=int, default=20, help="how often, with --only and --answers")
    options = parser.parse_args()
    settings = settings_from()
    subjects = drawn(settings.database, options.seed, settings.now or datetime.now(UTC))
    options.secret = settings.webhook_secret
    told = _answers if options.answers else _only if options.only else _crowd
    sys.stdout.write(msgspec.json.encode(_ran(told(options, subjects))).decode() + "\n")


def _ran(told: Coroutine[Any, Any, Told]) -> Told:
    """On uvloop, as uvicorn does: what the load takes, it takes from what it measures."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(told)


async def _crowd(options: argparse.Namespace, subjects: Subjects) -> Outcome:
    client = _client(options.url, options.secret)
    users = max(1, round(options.rate * _EVERY_SECONDS))
    run = Run(client, subjects, rate=options.rate, users=users, seed=options.seed)
    try:
        return await run.run(options.seconds, options.patience)
    finally:
        await client.close()


async def _answers(options: argparse.Namespace, subjects: Subjects) -> dict[str, str]:
    client, chance = _client(options.url, options.secret), _chance(options.seed)
    digests = {}
    for action in ACTIONS:
        for _ in range(0 if action.writes else options.count):
            asked = action.ask(subjects, chance)
            status, body, _ = await client.ask(asked)
            digests[f"{asked.method} {asked.path} {asked.body.decode()}".strip()] = f"{status} {digest(body)}"
    await client.close()
    return digests


async def _only(options: argparse.Namespace, subjects: Subjects) -> Outcome:
    client, chance = _client(options.url, options.secret), _chance(options.seed)
    times, begun = Times(), perf_counter()
    for number in range(options.count):
        asked = _asked(options.only, number, subjects, chance)
        started = perf_counter()
        status, body, _ = await client.ask(asked)
        if status >= 400:  # noqa: PLR2004 - HTTP
            sys.exit(f"drain_fortin.load: {asked.method} {asked.path} was answered {status}: {body[:500]!r}")
        times.times_ms.append(1000 * (perf_counter() - started))
    await client.close()
    return Outcome(
        rate=0.0,
        seconds=perf_counter() - begun,
        late_ms=0.0,
        processor_seconds=process_time(),
        actions={options.only: times},
    )


def _asked(name: str, number: int, subjects: Subjects, chance: random.Random) -> Asked:
    if name == IMPORT:
        return import_of(_ROWS, number)
    return next(action for action in ACTIONS if action.name == name).ask(subjects, chance)


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a reproducible draw, no secret


def _client(url: str, secret: str) -> Client:
    parts = urlsplit(url)
    return Client(parts.hostname or "127.0.0.1", parts.port or 80, {"X-Vapi-Secret": secret})


if __name__ == "__main__":
    main()
