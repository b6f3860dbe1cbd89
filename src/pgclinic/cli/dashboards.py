"""Serving the dashboard from a terminal: alone until Ctrl-C, or beside something else."""

import contextlib
import threading
from typing import TYPE_CHECKING

from pgclinic.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgclinic.model.finding import Severity
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
def serving(door: "Door", databases: "Sequence[Database]", lang: str = "") -> "Iterator[None]":
    """Serve from a thread as long as the block lasts; what can be visited is examined at once."""
    from pgclinic.web.application import application
    from pgclinic.web.serving import server
    from pgclinic.web.watched import examine_all

    site = _site(door, databases, lang)
    answering = server(door, application(site))
    thread = threading.Thread(target=answering.run, kwargs={"sockets": [door.socket]}, name="pgclinic-web")
    thread.start()
    _tell(door)
    try:
        examine_all(site)
        yield
    finally:
        answering.should_exit = True
        thread.join()
        door.socket.close()


def _site(door: "Door", databases: "Sequence[Database]", lang: str) -> "Site":
    from pgclinic.web.site import Site

    return Site(databases, door.policy, lang=lang, severities=_severities(databases))


def _tell(door: "Door") -> None:
    from pgclinic.web.serving import told

    for line in told(door.addresses) or ["Open the dashboard through the identity proxy."]:
        say(line)


def _severities(databases: "Sequence[Database]") -> "dict[str, Severity]":
    """Of alert rules, by their names; those that are shipped."""
    if all(each.past is None for each in databases):
        return {}
    from pgclinic.watch.alerts.rules_file import read

    return {rule.name: rule.severity for rule in read(None).rules}
