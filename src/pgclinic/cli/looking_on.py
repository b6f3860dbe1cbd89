"""Looking on while the demo works: its database is watched, and shown on a dashboard."""

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pgclinic.cli.extras import demand_extra
from pgclinic.cli.interrupts import ended_by_signal
from pgclinic.cli.output import say

if TYPE_CHECKING:
    from pgclinic.model.checkup import Checkup
    from pgclinic.web.site import Site

EVERY_SECONDS = 10.0
_GLANCE_SECONDS = 0.2


class LookingOn:
    """Told by the demo how far it is; everything ends with ``stack``. Raises UserError."""

    def __init__(self, stack: ExitStack, listen: str) -> None:
        from pgclinic.cli.listening import opened_door

        demand_extra("web", "demo --watch")
        demand_extra("watch", "demo --watch")
        self._stack = stack
        self._door = opened_door(listen)
        self._site: Site | None = None
        stack.callback(self._door.socket.close)

    def loaded(self, conninfo: str) -> None:
        """Begin: the data is there."""
        from pgclinic.cli.dashboards import watched

        self._site = self._stack.enter_context(watched(conninfo, self._door, every=EVERY_SECONDS))

    def examined(self, checkup: "Checkup") -> None:
        """Keep what was found with the history, where the dashboard finds it."""
        for database in self._site.databases.values() if self._site else ():
            if database.past is not None:
                database.past.history.write_checkup(database.past.target, checkup)

    def stay(self) -> None:
        """Examine the cured database for the dashboard and wait for Ctrl-C."""
        from pgclinic.web.watched import examine_all

        if self._site is not None:
            examine_all(self._site)
        say("The dashboard stays until Ctrl-C.")
        with ended_by_signal() as is_over:
            while not is_over():
                time.sleep(_GLANCE_SECONDS)
