"""Serving the dashboard from a terminal: alone until Ctrl-C, or beside something else."""

import contextlib
import tempfile
import threading
from typing import TYPE_CHECKING

from pgclinic.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgclinic.web.serving import Door
    from pgclinic.web.site import Database, Site


def served(door: "Door", databases: "Sequence[Database]", lang: str = "") -> None:
    """Serve until Ctrl-C; the addresses with their tokens are said once."""
    from pgclinic.web.application import application
    from pgclinic.web.serving import serve

    def ready() -> None:
        _tell(door)
        say("Ctrl-C ends it.")

    serve(door, application(_site(door, databases, lang)), on_ready=ready)


@contextlib.contextmanager
def serving(
    door: "Door", databases: "Sequence[Database]", lang: str = "", *, examines: bool = True
) -> "Iterator[Site]":
    """Serve from a thread as long as the block lasts; with ``examines``, what can be visited is visited at once."""
    from pgclinic.web.application import application
    from pgclinic.web.serving import server
    from pgclinic.web.watched import examine_all

    site = _site(door, databases, lang)
    answering = server(door, application(site))
    thread = threading.Thread(target=answering.run, kwargs={"sockets": [door.socket]}, name="pgclinic-web")
    thread.start()
    _tell(door)
    try:
        if examines:
            examine_all(site)
        yield site
    finally:
        answering.should_exit = True
        thread.join()
        door.socket.close()


@contextlib.contextmanager
def watched(conninfo: str, door: "Door", *, every: float, lang: str = "") -> "Iterator[Site]":
    """Watch one database, and serve it, as long as the block lasts; its history is forgotten afterwards."""
    from pgclinic.verbs.driving import drive
    from pgclinic.verbs.watch import watch, watch_target
    from pgclinic.watch.history import History
    from pgclinic.web.watched import Watched

    target, over = watch_target(conninfo), threading.Event()
    with tempfile.TemporaryDirectory(prefix="pgclinic-watch-") as folder:
        history = History(f"sqlite:///{folder}/history.sqlite")
        looking = threading.Thread(
            target=lambda: drive(watch([target], history=history, interval=every, is_over=over.is_set)),
            name="pgclinic-looks",
        )
        looking.start()
        try:
            with serving(door, [Watched(history, target.name, conninfo).database], lang, examines=False) as site:
                yield site
        finally:
            over.set()
            looking.join()
            history.close()


def _site(door: "Door", databases: "Sequence[Database]", lang: str) -> "Site":
    from pgclinic.web.site import Site

    return Site(databases, door.policy, lang=lang)


def _tell(door: "Door") -> None:
    from pgclinic.web.serving import told

    for line in told(door.addresses) or ["Open the dashboard through the identity proxy."]:
        say(line)
