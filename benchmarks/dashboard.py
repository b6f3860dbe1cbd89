"""How long the dashboard's pages take, and how heavy they are, with 10,000 statements."""

import gzip
import re
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec

from benchmarks.report import Row
from pgclinic.model import snapshot_file
from pgclinic.model.counters import StatementCounters
from pgclinic.model.snapshot import Snapshot
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.web.access.visitor import Role
from pgclinic.web.application import application
from pgclinic.web.assets import assets
from pgclinic.web.serving import Listening, opened, server
from pgclinic.web.site import Database, Site
from pgclinic.web.visit import Visit

SNAPSHOT = Path(__file__).parent.parent / "docs" / "example" / "fortin.pgclinic"
STATEMENTS = 10_000
ROUNDS = 30
MOST_MS, MOST_BYTES = 200, 150_000
PAGES = {"overview": "", "statements": "statements", "tables": "tables", "findings": "findings"}


def run() -> Sequence[Row]:
    """Each page asked for again and again; the first page's lines are those of issue 7."""
    visit = Visit(snapshot := _snapshot(), drive(checkup(snapshot)))
    door = opened(Listening(port=0))
    site = Site([Database(name="shop", latest=lambda: visit, visit=lambda _: visit)], door.policy)
    answering = server(door, application(site))
    thread = threading.Thread(target=answering.run, kwargs={"sockets": [door.socket]})
    thread.start()
    rows: list[Row] = []
    try:
        entered = httpx.get(dict(door.addresses)[Role.VIEWER])
        origin = f"http://127.0.0.1:{door.socket.getsockname()[1]}"
        with httpx.Client(base_url=origin, cookies=entered.cookies, timeout=60) as browser:
            for name, path in PAGES.items():
                rows += _page(browser, name, f"/databases/shop/{path}")
    finally:
        answering.should_exit = True
        thread.join()
        door.socket.close()
    return rows


def _page(browser: httpx.Client, name: str, path: str) -> Sequence[Row]:
    times, sent = [], b""
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        with browser.stream("GET", path, headers={"accept-encoding": "gzip"}) as answer:
            sent = b"".join(answer.iter_raw())
        times.append((time.perf_counter() - began) * 1000)
    loaded = set(re.findall(r'(?:src|href)="/static/([^"?]+)\?', gzip.decompress(sent).decode()))
    weight = len(sent) + sum(len(assets()[each].packed) for each in loaded)
    is_first = name == "overview"
    return (
        Row(subject=name, figure="asked for the first time", value=times[0], unit="ms"),
        Row(
            subject=name,
            figure=f"median of {ROUNDS}",
            value=statistics.median(times[1:]),
            unit="ms",
            line=f"under {MOST_MS} ms" if is_first else "",
            passes=statistics.median(times[1:]) < MOST_MS if is_first else None,
        ),
        Row(
            subject=name,
            figure="all that it loads, packed",
            value=weight / 1000,
            unit="kB",
            line=f"under {MOST_BYTES / 1000:.0f} kB",
            passes=weight < MOST_BYTES,
        ),
    )


def _snapshot() -> Snapshot:
    many = tuple(
        StatementCounters(
            queryid=str(number),
            role="app",
            text=f"select column_{number} from leads where id = $1 and status = $2 and note_{number} = $3",
            calls=STATEMENTS - number,
            total_ms=1e6 / (number + 1),
            mean_ms=1e6 / (number + 1) / (STATEMENTS - number),
        )
        for number in range(STATEMENTS)
    )
    return msgspec.structs.replace(snapshot_file.read(SNAPSHOT), statements=many)
