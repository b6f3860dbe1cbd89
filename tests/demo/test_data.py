import hashlib
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest

from pgclinic.demo.data.tables import TABLES, Table, chunks
from pgclinic.demo.data.world import World, date, timestamp

NOW = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)


def _text(table: Table, world: World) -> bytes:
    return b"".join(piece for _, piece in chunks(table, world))


def _rows(name: str, calls: int = 20_000) -> list[dict[str, str]]:
    table = next(table for table in TABLES if table.name == name)
    lines = _text(table, World(calls, 7, NOW)).decode().splitlines()
    return [dict(zip(table.columns, line.split("\t"), strict=True)) for line in lines]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_same_seed_and_clock_give_the_same_bytes(table: Table) -> None:
    first = _text(table, World(700, 1, NOW))
    assert _text(table, World(700, 1, NOW)) == first
    assert _text(table, World(700, 2, NOW)) != first


def test_the_bytes_are_the_same_in_another_process() -> None:
    table = TABLES[0]
    command = [sys.executable, "-m", "pgclinic.demo.data", table.name, "300", "5", NOW.isoformat()]
    elsewhere = subprocess.run(command, capture_output=True, check=True).stdout
    assert elsewhere == _text(table, World(300, 5, NOW))


def test_a_fixed_seed_gives_this_very_text_on_every_machine_and_python() -> None:
    digest = hashlib.sha256()
    for table in TABLES:
        digest.update(_text(table, World(1000, 1, NOW)))
    assert digest.hexdigest() == "482723e9430145b7d5db6e6168b9d6db791e7c6e6342f34d94ae39181fb0d5c8"


def test_transcripts_average_one_and_a_half_kilobytes_and_stay_in_the_row() -> None:
    sizes = [
        len(row["transcript"].replace("\\n", "\n").encode())
        for row in _rows("vapi_calls")
        if len(row["transcript"]) > 2
    ]
    assert 1450 <= sum(sizes) / len(sizes) <= 1600


def test_calls_are_as_skewed_as_real_ones() -> None:
    rows = _rows("vapi_calls", 100_000)
    assert 0.0004 <= sum(row["status"] == "active" for row in rows) / len(rows) <= 0.0006
    callers = Counter(row["phone_number"] for row in rows)
    assert callers.most_common(1)[0][1] > 50 * len(rows) / len(callers)
    assert len({row["call_id"] for row in rows}) == len({row["id"] for row in rows}) == len(rows)


def test_calls_spread_over_the_year_before_now_in_order() -> None:
    moments = [row["created_at"] for row in _rows("vapi_calls")]
    assert moments == sorted(moments)
    assert moments[0].startswith("2025-01-31")
    assert moments[-1].startswith("2026-01-31 1")
    assert max(moments) < "2026-01-31 12:30"


def test_three_calls_of_ten_become_leads_and_one_visit_in_twenty_is_pending() -> None:
    calls = {row["call_id"]: row for row in _rows("vapi_calls")}
    leads = _rows("leads")
    assert len(leads) == 6_000
    assert all(calls[lead["call_id"]]["phone_number"] == lead["phone"] for lead in leads)
    visits = _rows("appointments")
    assert {visit["lead_id"] for visit in visits} <= {lead["id"] for lead in leads}
    assert 0.03 <= sum(visit["status"] == "pending" for visit in visits) / len(visits) <= 0.07


def test_moments_are_written_as_postgresql_writes_them() -> None:
    assert timestamp(1_769_862_600_000_042) == "2026-01-31 12:30:00.000042+00"
    assert date(1_769_862_600_000_042) == "2026-01-31"
    assert timestamp(-1) == "1969-12-31 23:59:59.999999+00"
