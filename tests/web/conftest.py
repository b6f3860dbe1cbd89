"""Dashboards that really listen, of the kept snapshot of the demo."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from pgclinic.model import snapshot_file
from pgclinic.model.snapshot import Snapshot
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.web.access.visitor import Role
from pgclinic.web.application import application
from pgclinic.web.serving import Door, Listening, opened, server
from pgclinic.web.site import Database, Site
from pgclinic.web.visit import Visit

ROOT = Path(__file__).parent.parent.parent


class Dashboard:
    """A dashboard that answers, and how to come in."""

    def __init__(self, door: Door, site: Site) -> None:
        self.door, self.site = door, site
        self.origin = f"http://127.0.0.1:{door.socket.getsockname()[1]}"

    def address(self, role: Role = Role.VIEWER) -> str:
        """The address with the token."""
        return dict(self.door.addresses)[role]

    def token(self, role: Role = Role.VIEWER) -> str:
        return self.address(role).partition("token=")[2]

    def script(self, role: Role = Role.VIEWER) -> httpx.Client:
        """Somebody who sends the token with each request."""
        headers = {"authorization": f"Bearer {self.token(role)}"}
        return httpx.Client(base_url=self.origin, headers=headers, timeout=120)

    def browser(self, role: Role = Role.VIEWER) -> httpx.Client:
        """Somebody who came in by the address and has a cookie now."""
        entered = httpx.get(self.address(role))
        return httpx.Client(base_url=self.origin, cookies=entered.cookies, timeout=120, follow_redirects=True)


@contextlib.contextmanager
def dashboard_of(databases: list[Database], listening: Listening | None = None) -> Iterator[Dashboard]:
    """Serve these until the block ends."""
    door = opened(listening or Listening(port=0))
    site = Site(databases, door.policy)
    answering = server(door, application(site))
    thread = threading.Thread(target=answering.run, kwargs={"sockets": [door.socket]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not answering.started:
            assert time.monotonic() < deadline
            assert thread.is_alive()
            time.sleep(0.01)
        yield Dashboard(door, site)
    finally:
        answering.should_exit = True
        thread.join(60)
        door.socket.close()


def _database_of(snapshot: Snapshot, name: str = "") -> Database:
    visit = Visit(snapshot, drive(checkup(snapshot)))
    return Database(name=name or snapshot.server.database, latest=lambda: visit, visit=lambda _: visit)


@pytest.fixture(scope="session")
def seen() -> Snapshot:
    """The kept snapshot of the demo."""
    return snapshot_file.read(ROOT / "docs" / "example" / "fortin.pgclinic")


@pytest.fixture(scope="session")
def database_of() -> Callable[..., Database]:
    """Call it with a snapshot for a database of which this one visit is known."""
    return _database_of


@pytest.fixture(scope="session")
def dashboard(seen: Snapshot) -> Iterator[Dashboard]:
    """One database, on loopback with a token."""
    with dashboard_of([_database_of(seen)]) as found:
        yield found


@pytest.fixture(scope="session")
def faults() -> Callable[[Page], list[Any]]:
    """Call it with a page for what axe finds there that is serious or worse: rule and elements."""

    def found(page: Page) -> list[Any]:
        return [
            (each["id"], [node["target"] for node in each["nodes"]][:3])
            for each in Axe().run(page).response["violations"]
            if each["impact"] in {"serious", "critical"}
        ]

    return found


@pytest.fixture
def serving() -> Iterator[Callable[..., Dashboard]]:
    """Call it with databases for a dashboard of one's own."""
    with contextlib.ExitStack() as stack:
        yield lambda *databases, **how: stack.enter_context(
            dashboard_of(list(databases), Listening(port=0, **how) if how else None)
        )
