"""Serving the dashboard from a terminal."""

from typing import TYPE_CHECKING

from pgclinic.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgclinic.cli.languages import Lang
    from pgclinic.model.finding import Severity
    from pgclinic.web.serving import Door
    from pgclinic.web.site import Database


def served(door: "Door", databases: "Sequence[Database]", lang: "Lang | None") -> None:
    """Serve until Ctrl-C; the addresses with their tokens are said once."""
    from pgclinic.web.application import application
    from pgclinic.web.serving import serve, told
    from pgclinic.web.site import Site

    site = Site(databases, door.policy, lang=lang.value if lang else "", severities=_severities(databases))

    def ready() -> None:
        for line in told(door.addresses) or ["Open the dashboard through the identity proxy."]:
            say(line)
        say("Ctrl-C ends it.")

    serve(door, application(site), on_ready=ready)


def _severities(databases: "Sequence[Database]") -> "dict[str, Severity]":
    """Of alert rules, by their names; those that are shipped."""
    if all(each.past is None for each in databases):
        return {}
    from pgclinic.watch.alerts.rules_file import read

    return {rule.name: rule.severity for rule in read(None).rules}
