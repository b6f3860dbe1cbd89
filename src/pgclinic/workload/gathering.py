"""Executions counted by statement as they stream by, in bounded memory, with a few examples of each.

The text with its constants blanked is the key while reading: it costs a fiftieth of parsing, and statements that share
it share their fingerprint.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import msgspec

from pgclinic.model.workload import Omission, SeenStatement

MOST_STATEMENTS = 20_000
"""Statements told apart; later ones are counted together and named as left out."""

_EXAMPLES = 8
_LONGEST = 1_000_000
_LONGEST_EXAMPLE = 64 << 10
_MOST_EXAMPLE_CHARACTERS = 64 << 20
_OWN_APPLICATION = "pgclinic"
OWN_MARKER = "/* pgclinic */"
"""What our own statements begin with (``pgclinic.probes.scope.MARKER``)."""

_PLAIN_CONSTANT = re.compile(r"'[^']*'(?:'[^']*')*|(?<![\w$])\.?\d[\w.]*")
_CONSTANT = re.compile(
    r"""("(?:[^"]|"")*")|--[^\n]*|/\*.*?\*/|\b[eE]'(?:[^'\\]|\\.|'')*'|""" + _PLAIN_CONSTANT.pattern,
    re.DOTALL,
)
"""Where there are also quoted names (which stay), comments, or strings with escapes."""
_NEEDS_CARE = re.compile(r"""["\\]|--|/\*""")
_LIST = re.compile(r" ([iI][nN]) ?\( ?(?:\?|\$\d+)(?: ?, ?(?:\?|\$\d+))+ ?\)")


class _Counted(msgspec.Struct):
    """An execution, and how often it was seen with these values."""

    seen: SeenStatement
    count: int = 1


class Gathered(msgspec.Struct):
    """What was seen of one statement of one role.

    ``timed_calls`` are those of ``calls`` whose duration is known, ``total_ms`` their sum. ``by_rank`` is a fair sample
    of the different values, ``common`` those seen most. A rank is as good as random, but the same on every run.
    """

    role: str
    first: SeenStatement
    calls: int = 0
    timed_calls: int = 0
    total_ms: float = 0.0
    slowest: SeenStatement | None = None
    by_rank: dict[bytes, SeenStatement] = msgspec.field(default_factory=dict)
    common: dict[bytes, _Counted] = msgspec.field(default_factory=dict)

    @property
    def examples(self) -> tuple[SeenStatement, ...]:
        """The slowest, the commonest, then the others in an order that is the same on every run."""
        commonest = max(self.common, key=lambda rank: (self.common[rank].count, rank), default=None)
        ordered = (
            self.slowest,
            None if commonest is None else self.common[commonest].seen,
            *(self.by_rank[rank] for rank in sorted(self.by_rank)),
            self.first,
        )
        return tuple(dict.fromkeys(seen for seen in ordered if seen is not None))


def gather(
    seen: Iterable[SeenStatement | Omission], *, database: str
) -> tuple[tuple[Gathered, ...], tuple[Omission, ...]]:
    """Count what was seen of one database; what is of another one, and our own, is left out.

    Where nothing says which database a statement was for, it is counted.
    """
    gathering = _Gathering(database)
    for each in seen:
        if isinstance(each, Omission):
            gathering.omit(each.reason, each.sql, each.total_ms)
        else:
            gathering.add(each)
    return tuple(gathering.groups.values()), gathering.omissions()


class _Gathering:
    def __init__(self, database: str) -> None:
        self._database = database
        self._characters = 0
        self._omitted: dict[tuple[str, str], list[float]] = {}
        self.groups: dict[tuple[str, str], Gathered] = {}

    def omit(self, reason: str, what: str, ms: float) -> None:
        tally = self._omitted.setdefault((reason, what), [0, 0.0])
        tally[0] += 1
        tally[1] += ms

    def omissions(self) -> tuple[Omission, ...]:
        return tuple(
            Omission(what if count == 1 else f"{what}, {count:.0f} times", reason, ms)
            for (reason, what), (count, ms) in self._omitted.items()
        )

    def add(self, seen: SeenStatement) -> None:
        if seen.application == _OWN_APPLICATION or seen.sql.startswith(OWN_MARKER):
            return
        if seen.database and seen.database != self._database:
            self.omit("it is of another database", "a statement", seen.duration_ms or 0)
            return
        if len(seen.sql) > _LONGEST:
            self.omit("it is longer than a million characters", "a statement", seen.duration_ms or 0)
            return
        key = (blanked(seen.sql), seen.role)
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= MOST_STATEMENTS:
                self.omit(
                    f"more than {MOST_STATEMENTS:,} different statements were seen",
                    "a statement",
                    seen.duration_ms or 0,
                )
                return
            group = self.groups[key] = Gathered(seen.role, seen)
        group.calls += 1
        if seen.duration_ms is not None:
            group.timed_calls += 1
            group.total_ms += seen.duration_ms
        self._exemplify(group, seen)

    def _exemplify(self, group: Gathered, seen: SeenStatement) -> None:
        size = len(seen.sql) + sum(len(value or "") for value in seen.values or ())
        if size > _LONGEST_EXAMPLE or "\ufffd" in seen.sql:
            return
        rank = _rank(seen)
        if seen.duration_ms is not None and (
            group.slowest is None or seen.duration_ms > (group.slowest.duration_ms or 0)
        ):
            group.slowest = seen
        is_full = self._characters > _MOST_EXAMPLE_CHARACTERS
        self._characters += size * _count(group.common, rank, seen, is_full=is_full)
        if rank in group.by_rank or (group.by_rank and is_full):
            return
        if len(group.by_rank) >= _EXAMPLES:
            # The smallest ranks of all different values are a fair sample of them, in whatever order they come
            # (bottom-k sketch: Cohen and Kaplan, PODC 2007).
            largest = max(group.by_rank)
            if rank >= largest:
                return
            del group.by_rank[largest]
        else:
            self._characters += size
        group.by_rank[rank] = seen


@lru_cache(maxsize=4096)
def blanked(sql: str) -> str:
    """The statement without its constants, comments and white space, the same for every list of ``in``."""
    text = _CONSTANT.sub(_blank, sql) if _NEEDS_CARE.search(sql) else _PLAIN_CONSTANT.sub("?", sql)
    return _LIST.sub(r" \1 (?)", " ".join(text.split()))


def _blank(found: re.Match[str]) -> str:
    if found[1]:
        return found[1]
    return " " if found[0][:2] in {"--", "/*"} else "?"


def _rank(seen: SeenStatement) -> bytes:
    digest = blake2b(seen.sql.encode(errors="replace"), digest_size=8)
    for value in seen.values or ():
        digest.update(b"\0" if value is None else b"\1" + value.encode(errors="replace"))
    return digest.digest()


def _count(common: dict[bytes, _Counted], rank: bytes, seen: SeenStatement, *, is_full: bool) -> int:
    """Count the commonest values in little memory (Misra and Gries, Science of Computer Programming 1982).

    Returns by how many more examples there are now.
    """
    if rank in common:
        common[rank].count += 1
        return 0
    if is_full:
        return 0
    if len(common) < _EXAMPLES:
        common[rank] = _Counted(seen)
        return 1
    before = len(common)
    for each in list(common):
        common[each].count -= 1
        if not common[each].count:
            del common[each]
    return len(common) - before
