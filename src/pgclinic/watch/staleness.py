"""How old what a materialized view shows may be. Pure."""

from collections.abc import Iterable

from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.watching import Observation
from pgclinic.postgres.watching import ViewState
from pgclinic.watch.observing import observed


class Staleness:
    """Remembers of each view when it was last seen to be refreshed, and since when what it reads is newer.

    Where ``watch --refresh`` wrote that down it is known; else it is known from the second look on, and a view that
    was stale before counts from the first change that is seen.
    """

    def __init__(self) -> None:
        self._seen: dict[RelationName, ViewState] = {}
        self._since: dict[RelationName, float] = {}

    def observed(self, states: Iterable[ViewState]) -> tuple[Observation, ...]:
        """One observation a view: seconds, 0 where nothing has changed since."""
        found = []
        known = {state.name: state for state in states}
        for name, state in known.items():
            about = ObjectName("materialized view", name.name, schema=name.schema)
            found.append(observed("view_staleness_s", self._seconds(state), of=about))
        self._seen = {name: self._seen[name] for name in known}
        self._since = {name: since for name, since in self._since.items() if name in known}
        return tuple(found)

    def _seconds(self, state: ViewState) -> float:
        if state.refreshed_at is not None:
            self._seen[state.name] = state
            is_fresh = state.refreshed == (state.changes, state.files)
            return 0.0 if is_fresh else max(0.0, state.now - state.refreshed_at)
        last = self._seen.setdefault(state.name, state)
        if last.own != state.own:
            self._seen[state.name] = state
            self._since.pop(state.name, None)
        elif (last.changes, last.files) != (state.changes, state.files):
            self._since.setdefault(state.name, state.now)
        since = self._since.get(state.name)
        return 0.0 if since is None else max(0.0, state.now - since)
