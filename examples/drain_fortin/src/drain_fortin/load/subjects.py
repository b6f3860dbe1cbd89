"""Whom and what the users ask about: drawn once from the database, the same for the same rows and seed."""

import random
from collections.abc import Sequence
from datetime import datetime

import msgspec
import psycopg

_MOST = 2000
_PHONES = "select distinct phone_number from public.vapi_calls tablesample system (20) repeatable (1) order by 1"
_CALLS = "select distinct call_id from public.call_logs tablesample system (10) repeatable (1) order by 1"
_CUSTOMERS = "select distinct customer_phone from public.appointments order by 1"
_DAYS = (
    "select distinct preferred_date::text from public.appointments where status = 'pending' order by 1 desc limit 30"
)
_LEADS = (
    "select id::text from public.leads where status in ('new', 'contacted') order by created_at desc, id limit 2000"
)


class Subjects(msgspec.Struct, frozen=True):
    """Texts as they stand in requests; ``now`` is the time that they ask about."""

    phones: tuple[str, ...]
    calls: tuple[str, ...]
    customers: tuple[str, ...]
    days: tuple[str, ...]
    leads: tuple[str, ...]
    now: datetime


def drawn(conninfo: str, seed: int, now: datetime) -> Subjects:
    """Raises psycopg.Error, and ValueError where the database has nothing to ask about."""
    chance = random.Random(f"{seed}/subjects")  # noqa: S311 - a reproducible draw, no secret
    with psycopg.connect(conninfo, autocommit=True, application_name="drain_fortin_load") as connection:

        def column(query: str) -> tuple[str, ...]:
            found: Sequence[str] = [row[0] for row in connection.execute(query.encode())]
            if not found:
                raise ValueError(f"no rows: {query}")
            return tuple(chance.sample(found, min(len(found), _MOST)))

        return Subjects(column(_PHONES), column(_CALLS), column(_CUSTOMERS), column(_DAYS), column(_LEADS), now)
