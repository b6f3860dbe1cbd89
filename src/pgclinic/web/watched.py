"""Databases that are watched: their history, and visits while the dashboard runs."""

from collections.abc import Generator
from typing import TYPE_CHECKING

from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.report.language import later
from pgclinic.verbs.targets import Live
from pgclinic.verbs.visits import visited
from pgclinic.web.jobs import Job
from pgclinic.web.past import Past
from pgclinic.web.site import Database, Site
from pgclinic.web.visit import Visit

if TYPE_CHECKING:
    from pgclinic.watch.history import History

WORDS = later("Examining the database")


class Watched:
    """One target of a history store; with a ``conninfo`` it can be visited too, and a visit is kept in its history."""

    def __init__(self, history: "History", target: str, conninfo: str = "") -> None:
        self._history, self._target, self._conninfo = history, target, conninfo
        self._shown: Visit | None = None

    @property
    def database(self) -> Database:
        """As the site wants it."""
        return Database(
            name=self._target,
            latest=self.latest,
            visit=self.visit,
            conninfo=self._conninfo,
            past=Past(self._history, self._target),
            examine=self.examine if self._conninfo else None,
        )

    def latest(self) -> Visit | None:
        """The last visit of ours, with the newer checkup that somebody else kept; None before the first."""
        shown = self._shown
        if shown is not None and not self._history.grades(self._target, shown.clock):
            return shown
        kept = self._history.checkup(self._target)
        if kept is not None and (shown is None or kept.header.clock > shown.clock):
            # What plans are made of is still that of our own visit.
            self._shown = Visit(shown.snapshot if shown else None, kept)
            self._shown.course = shown.course if shown else None
        return self._shown

    def visit(self, at: str) -> Visit:
        """What was seen last, or last before a moment. Raises UserError where there is nothing."""
        found = self.latest() if not at else None
        if at:
            kept = self._history.checkup(self._target, at)
            found = Visit(None, kept) if kept is not None else None
        if found is None:
            raise UserError("Nothing had been examined yet at that moment; its first checkup is later.")
        return found

    def examine(self) -> Generator[Progress, None, Visit]:
        """Visit it now, reading only, and keep the checkup."""
        snapshot, found = yield from visited(Live(self._conninfo))
        self._history.write_checkup(self._target, found)
        self._shown = Visit(snapshot, found)
        return self._shown


def begin_examining(site: Site, key: str, title: str) -> Job:
    """Start a visit. Raises UserError for a database that cannot be visited from here."""
    database = site.database(key)
    if database.examine is None:
        raise UserError("This database cannot be visited from here: only its history is known.")
    return site.jobs.begin(database.examine(), title=title, database=key, then=f"/databases/{key}/")


def kept_databases(store: str) -> list[Database]:
    """Every database of a history store. Raises UserError for a store that is none or empty."""
    from pgclinic.watch.history import History  # noqa: PLC0415 - a snapshot is served without what watching needs

    history = History(store)
    kept = [Watched(history, each.name).database for each in history.targets()]
    if not kept:
        raise UserError("Nothing is in that history store yet; pgclinic watch fills it.")
    return kept


def examine_all(site: Site) -> None:
    """Begin a visit of every database that can be visited."""
    for key, database in site.databases.items():
        if database.examine is not None and site.jobs.of(key) is None:
            begin_examining(site, key, WORDS)
