"""Who keeps whom waiting, as trees: at each root a session that waits for nobody and others wait for."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pgclinic.model.activity import Session


class Blocked(msgspec.Struct, frozen=True):
    """A session and those that wait for it, at ``depth`` below its root; ``waiting`` counts all below it.

    ``session`` is None for a blocker that is no session: a prepared transaction (pid 0), or one that was not seen.
    """

    pid: int
    session: Session | None
    depth: int
    waiting: int


def blocking_lines(sessions: Sequence[Session]) -> tuple[Blocked, ...]:
    """Every tree from its root downwards, the one that keeps most waiting first; nobody waits: empty.

    Who waits for several stands below the first of them in its tree. A circle (a deadlock that is not found yet) is
    entered at its lowest pid and left where it closes.
    """
    known = {each.pid: each for each in sessions}
    waiting: dict[int, list[int]] = {}
    for each in sessions:
        for pid in each.blocked_by:
            waiting.setdefault(pid, []).append(each.pid)
    waiters = {each.pid for each in sessions if each.blocked_by}
    roots = [pid for pid in sorted(waiting) if pid not in waiters]
    seen = {pid for root in roots for pid, _ in _below(root, waiting)}
    for pid in sorted(set(waiting) - seen):
        if pid not in seen:
            roots.append(pid)
            seen |= {each for each, _ in _below(pid, waiting)}
    trees = [[_line(pid, depth, known, waiting) for pid, depth in _below(root, waiting)] for root in roots]
    trees.sort(key=lambda tree: (-tree[0].waiting, tree[0].pid))
    return tuple(line for tree in trees for line in tree)


def _line(pid: int, depth: int, known: Mapping[int, Session], waiting: Mapping[int, Sequence[int]]) -> Blocked:
    return Blocked(pid, known.get(pid), depth, len({each for each, _ in _below(pid, waiting)} - {pid}))


def _below(root: int, waiting: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, int]]:
    """The tree below a pid in order, each with its depth; every branch is followed once."""
    stack, seen = [(root, 0)], set()
    while stack:
        pid, depth = stack.pop()
        if pid in seen:
            continue
        seen.add(pid)
        yield pid, depth
        stack += [(each, depth + 1) for each in sorted(waiting.get(pid, ()), reverse=True)]
