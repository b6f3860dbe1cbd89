"""The service both ways, as processes, on one small database with a replica, PgBouncer and Redis."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from pgclinic.demo.application import Application
from pgclinic.demo.data.world import World
from pgclinic.demo.loading import load
from pgclinic.instance import Instance
from pgclinic.postgres.connect import open_session
from pgclinic.stack import Pooler, Redis, Replica
from pgclinic.verbs.driving import drive
from stacking import Pair, database_of

FOLDER = Path(__file__).parents[2] / "examples" / "drain_fortin"
NOW = datetime.now(UTC).replace(second=30, microsecond=0)
SECRET = "a secret of the voice assistant"


@dataclass(frozen=True)
class Services:
    """Both ways of running it on the same rows."""

    folder: Path
    pair: Pair
    settings: dict[str, dict[str, str]]
    neglected: Application
    cured: Application

    def client(self, which: str) -> httpx.Client:
        """A visitor, who keeps cookies."""
        return httpx.Client(base_url=getattr(self, which).url, timeout=60, headers={"x-vapi-secret": SECRET})


@pytest.fixture(scope="module")
def services(shared_pair: tuple[Instance, Replica], shared_pooler: Pooler, redis_store: Redis) -> Iterator[Services]:
    with database_of(*shared_pair) as pair:
        connect = partial(open_session, pair.conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0)
        drive(load(connect, World(2000, 1, NOW)))
        pair.replica.wait_for()
        common = {"database": pair.conninfo, "webhook_secret": SECRET, "now": NOW.isoformat()}
        parts = {
            "pooler": pair.through(shared_pooler),
            "replica": pair.replica_conninfo,
            "redis": redis_store.url,
            "cookie_key": secrets.token_urlsafe(),
        }
        settings = {"neglected": {**common, "desk": "neglected"}, "cured": {**common, **parts, "desk": "cured"}}
        with (
            Application(FOLDER, settings["neglected"]) as neglected,
            Application(FOLDER, settings["cured"]) as cured,
        ):
            yield Services(FOLDER, pair, settings, neglected, cured)
