"""Which indexes of a database the planner sees: by what pg_index says, for there is nothing to switch.

An index that is not valid is not planned with, but every plan of its table opens and locks it, about a microsecond
each. One that is not live either is not even found in the table's list, and costs nothing; but each session must read
the list anew (RelationGetIndexList in relcache.c), about a millisecond. So what-if indexes sleep until a portion of
questions needs them, and are shown and hidden one by one within it.
"""

from collections.abc import Callable, Iterable, Mapping

import psycopg

_SWITCH = """
with changed as (
    update pg_catalog.pg_index set indisvalid = indexrelid = any(%s), indislive = indexrelid = any(%s)
    where indexrelid = any(%s)
    returning indexrelid, indrelid
)
update pg_catalog.pg_class set relpages = relpages
where oid in (select indrelid from changed where indexrelid = any(%s))
"""
"""The second half changes nothing but tells every session that the tables did."""

MOST_AWAKE = 100
"""With more, all but the needed fall asleep again."""

Connection = psycopg.Connection[tuple[object, ...]]


class Visibility:
    """What-if indexes by number, at first asleep, and the user's by name, at first shown."""

    def __init__(self, superuser: Callable[[], Connection], existing: Mapping[str, tuple[int, ...]]) -> None:
        self._superuser = superuser
        self._existing = existing
        self._oids: dict[int, tuple[int, ...]] = {}
        self._awake: frozenset[int] = frozenset()
        self._visible: frozenset[int] = frozenset()
        self._hidden: frozenset[str] = frozenset()

    def know(self, number: int, oids: tuple[int, ...]) -> None:
        """Learn of a new index, made asleep; one that could not be made has no oids."""
        self._oids[number] = oids

    def show(self, visible: frozenset[int], hidden: frozenset[str], soon: frozenset[int]) -> None:
        """Let the planner see these what-if indexes and all of the user's but the hidden ones.

        ``soon`` are those to be shown next. Raises psycopg.Error.
        """
        needed = visible | soon
        awake = self._awake | needed
        if len(awake) > MOST_AWAKE:
            awake = needed
        woken = awake ^ self._awake
        changed = self._oids_of(woken | (visible ^ self._visible)) + self._users_oids(hidden ^ self._hidden)
        if changed:
            valid = self._oids_of(visible) + self._users_oids(self._hidden - hidden)
            live = self._oids_of(awake) + self._users_oids(self._hidden ^ hidden)
            self._superuser().execute(_SWITCH, [valid, live, changed, self._oids_of(woken)])
        self._awake, self._visible, self._hidden = awake, visible, hidden

    def _oids_of(self, numbers: Iterable[int]) -> list[int]:
        return [oid for number in numbers for oid in self._oids[number]]

    def _users_oids(self, names: Iterable[str]) -> list[int]:
        return [oid for name in names for oid in self._existing.get(name, ())]
