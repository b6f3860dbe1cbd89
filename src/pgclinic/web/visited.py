"""A database that is visited when the dashboard starts, and again when somebody asks."""

from collections.abc import Generator

from pgclinic.model.progress import Progress
from pgclinic.report.language import ENGLISH
from pgclinic.verbs.targets import Live, SnapshotFile
from pgclinic.verbs.visits import visited
from pgclinic.web.site import Database
from pgclinic.web.visit import Visit


class _Visited:
    def __init__(self, target: Live | SnapshotFile, visit: Visit) -> None:
        self.target, self.visit = target, visit

    def examine(self) -> Generator[Progress, None, Visit]:
        """Visit it again."""
        self.visit = Visit(*(yield from visited(self.target)))
        return self.visit


def visited_once(target: Live | SnapshotFile) -> Generator[Progress, None, Database]:
    """The database with its first visit. A file is what it is: it is not visited again. Raises UserError."""
    one = _Visited(target, Visit(*(yield from visited(target))))
    one.visit.told(ENGLISH)
    len(one.visit.statements)  # made now, so that the first page need not wait for it
    is_live = isinstance(target, Live)
    return Database(
        name=one.visit.checkup.server.database,
        latest=lambda: one.visit,
        visit=lambda _: one.visit,
        conninfo=target.conninfo if isinstance(target, Live) else "",
        examine=one.examine if is_live else None,
    )
