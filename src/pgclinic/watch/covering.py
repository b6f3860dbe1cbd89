"""Which of the kept resolutions tell of a span of time, each moment once. Pure; times in microseconds since 1970."""

from collections import Counter
from collections.abc import Iterable

from pgclinic.watch.moments import SECOND

RESOLUTIONS = (0, 300, 3600)
"""In seconds: as sampled, and put together."""

_DAY = 86_400 * SECOND
_SAMPLED_FOR = _DAY // 4
_MINUTES_FOR = 3 * _DAY


def resolution_for(begin: int, end: int) -> int:
    """The resolution that draws a span in a few hundred points: all of time is drawn in hours."""
    span = end - begin
    return 0 if span <= _SAMPLED_FOR else 300 if span <= _MINUTES_FOR else 3600


def bucket_end(at: int, resolution: int) -> int:
    """The end of the bucket that a moment falls in; a bucket includes its end and not its beginning."""
    size = resolution * SECOND
    return -(-at // size) * size if size else at


def up_to_date(rows: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Of ``(resolution, at, looks)`` those that count every look of the finer ones within, as far as these are kept.

    A look that comes late, by a clock that was set back, is not in the buckets that were put together before it.
    """
    held: Counter[tuple[int, int]] = Counter()
    found = []
    for resolution, at, looks in sorted(rows):
        within = held[resolution, at]
        if looks >= within:
            found.append((resolution, at))
        coarser = next((each for each in RESOLUTIONS if each > resolution), None)
        if coarser is not None:
            held[coarser, bucket_end(at, coarser)] += max(looks, within)
    return found


def covering(keys: Iterable[tuple[int, int]], begin: int, wanted: int) -> list[tuple[int, int]]:
    """Of ``(resolution, at)`` those to read, in order of time.

    At most as coarse as ``wanted`` where that is there, coarser only where all else is gone. A bucket that begins
    before ``begin`` is left out, so that sums are of the span and of nothing else.
    """
    levels: dict[int, list[int]] = {resolution: [] for resolution in RESOLUTIONS}
    for resolution, at in keys:
        if not resolution or at - resolution * SECOND >= begin:
            levels[resolution].append(at)
    taken: list[tuple[int, int]] = []
    whole: set[tuple[int, int]] = set()
    in_parts: set[tuple[int, int]] = set()
    down = [each for each in reversed(RESOLUTIONS) if each <= wanted]
    for resolution in (*down, *(each for each in RESOLUTIONS if each > wanted)):
        for at in levels[resolution]:
            above = [(each, bucket_end(at, each)) for each in RESOLUTIONS if each > resolution]
            if (resolution, at) not in in_parts and not whole.intersection(above):
                taken.append((resolution, at))
                in_parts.update(above)
        whole.update((each, at) for each, at in taken if each == resolution)
    return sorted(taken, key=lambda key: (key[1], key[0]))
