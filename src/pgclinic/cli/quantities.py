"""Sizes, shares and lists as people type them; what does not fit is said in one sentence."""

import re
from collections.abc import Iterable, Sequence

from pgclinic.model.errors import UserError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)?\Z", re.IGNORECASE)
_STEPS = {"b": 0, "kb": 1, "mb": 2, "gb": 3, "tb": 4}
_LARGEST_SIZE = 1 << 60
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*(%)?\Z")


def sizes(given: Iterable[str]) -> tuple[int, ...]:
    """Bytes of sizes, one or several in each text: ``100MB,1GB``; each once, the smallest first."""
    return tuple(sorted({size(each) for each in pieces(given)}))


def size(given: str) -> int:
    """Bytes of a size as PostgreSQL writes it: ``500MB``, ``1.5 GB``; 1 kB is 1,024 bytes."""
    match = _SIZE.match(given.strip())
    if match is None:
        raise UserError(f"--budget: {given!r} is no size; give a number and kB, MB, GB or TB, such as 1GB.")
    found = int(float(match[1]) * 1024 ** _STEPS[(match[2] or "B").lower()])
    if found > _LARGEST_SIZE:
        raise UserError(f"--budget: {given!r} is larger than any disk; leave --budget out for no limit.")
    return found


def share(given: str, option: str) -> float:
    """A share of the whole between 0 and 1: ``1%``, ``0.5 %`` or ``0.01``."""
    match = _SHARE.match(given.strip())
    found = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= found <= 1:
        raise UserError(f"{option}: {given!r} is no share of the workload; give one such as 1% or 0.01.")
    return found


def chosen(given: Iterable[str], choices: Sequence[str], option: str) -> frozenset[str]:
    """Some of ``choices``, one or several in each text: ``btree,gin``."""
    found = [each.lower() for each in pieces(given)]
    for each in found:
        if each not in choices:
            raise UserError(f"{option}: there is no {each!r}; choose from {', '.join(choices)}.")
    if not found:
        raise UserError(f"{option} is empty; choose from {', '.join(choices)}.")
    return frozenset(found)


def pieces(given: Iterable[str]) -> list[str]:
    """What stands between the commas of every text."""
    return [piece.strip() for text in given for piece in text.split(",") if piece.strip()]
