"""What is served: the databases by their keys, and the jobs."""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from litestar.exceptions import NotFoundException

from pgclinic.model.progress import Progress
from pgclinic.web.access.attempts import Attempts
from pgclinic.web.access.policy import Policy
from pgclinic.web.access.sessions import Sessions
from pgclinic.web.jobs import Jobs
from pgclinic.web.past import Past
from pgclinic.web.visit import Visit

if TYPE_CHECKING:
    from pgclinic.verbs.proved_treatment import ProvedTreatment

_UNFIT = re.compile(r"[^a-z0-9]+")


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """One database.

    ``latest()`` is what was seen of it last, None where nothing was yet; ``visit(at)`` that too, or what was seen last
    before a moment, and it raises UserError where there is nothing. ``conninfo`` is where it can be treated; it may
    hold a password, which this value's text does not show. ``past`` is its history, where it is watched; ``examine()``
    visits it anew, where that can be done.
    """

    name: str
    latest: Callable[[], Visit | None]
    visit: Callable[[str], Visit]
    conninfo: str = ""
    past: Past | None = None
    examine: Callable[[], Generator[Progress, None, object]] | None = None

    def __repr__(self) -> str:
        """Without the conninfo."""
        return f"Database({self.name!r})"


class Site:
    """One running dashboard. ``outcomes`` are what came of the last treatment, by database."""

    def __init__(self, databases: Sequence[Database], policy: Policy, *, lang: str = "") -> None:
        self.databases: Mapping[str, Database] = dict(_keyed(databases))
        self.policy, self.lang = policy, lang
        self.sessions, self.attempts, self.jobs = Sessions(), Attempts(), Jobs()
        self.outcomes: dict[str, ProvedTreatment] = {}

    def database(self, key: str) -> Database:
        """The database of this key. Raises NotFoundException."""
        try:
            return self.databases[key]
        except KeyError:
            raise NotFoundException("There is no such database here.") from None


def _keyed(databases: Sequence[Database]) -> list[tuple[str, Database]]:
    """Each under a word that fits into an address: its name, and a number where two would be the same."""
    keyed: dict[str, Database] = {}
    for each in databases:
        word = _UNFIT.sub("-", each.name.lower()).strip("-") or "database"
        key, number = word, 1
        while key in keyed:
            number += 1
            key = f"{word}-{number}"
        keyed[key] = each
    return list(keyed.items())
