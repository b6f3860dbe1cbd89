"""How much processor time processes took, from /proc (proc(5)): their own and that of all that they waited for."""

import os
from collections.abc import Mapping
from pathlib import Path

_PROC = Path("/proc")
_PARENT, _USER, _SYSTEM, _USER_OF_ENDED, _SYSTEM_OF_ENDED = 1, 11, 12, 13, 14
"""Fields of /proc/PID/stat after the name."""


def seconds_of(roots: Mapping[str, int]) -> dict[str, float]:
    """Seconds since its start by name, for each process with its children: living ones, and ended ones waited for.

    A PostgreSQL server's is complete so, for its sessions are children of the postmaster. Empty without /proc.
    """
    if not (_PROC / "self" / "stat").exists():
        return {}
    stats = {int(entry.name): stat for entry in _PROC.iterdir() if entry.name.isdigit() and (stat := _stat(entry))}
    tick = os.sysconf("SC_CLK_TCK")
    found = dict.fromkeys(roots, 0)
    names = {pid: name for name, pid in roots.items()}
    for pid, stat in stats.items():
        name = names.get(pid) or names.get(stat[_PARENT])
        if name is not None:
            found[name] += stat[_USER] + stat[_SYSTEM] + stat[_USER_OF_ENDED] + stat[_SYSTEM_OF_ENDED]
    return {name: ticks / tick for name, ticks in found.items()}


def _stat(process: Path) -> list[int] | None:
    """The numbers after the name in parentheses, which may hold anything; the state letter counts as 0."""
    try:
        words = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return [0, *map(int, words[1:15])]
