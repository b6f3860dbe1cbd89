"""Keys of several columns: the same values of each column, dealt out so that no two rows have the same key. Pure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pgclinic.mannequin.drawing import NULL, Random
from pgclinic.mannequin.ladder import Numbers


def deal(columns: Sequence[Numbers], dealt: int, random: Random) -> Numbers:
    """New codes for column number ``dealt``: the same ones, but in rows where they make the key unique.

    Rows are taken in the order of their occurrence among those with the same other columns, and get the codes in
    ascending order: as long as no code is more frequent than there are groups, none comes twice to the same group.
    """
    groups = combined([codes for place, codes in enumerate(columns) if place != dealt])
    groups = random.permutation(int(groups.max(initial=0)) + 1)[groups]
    codes = columns[dealt]
    rows = np.flatnonzero(codes != NULL)
    occurrence = _occurrences(groups[rows])
    order = np.lexsort((rows, groups[rows], occurrence))
    fresh = codes.copy()
    fresh[rows[order]] = np.sort(codes[rows])
    return fresh


def first_of_each(columns: Sequence[Numbers]) -> npt.NDArray[np.bool_]:
    """Which rows may stay: the first of each key, and all whose key has a null."""
    keys = combined(columns)
    keep = np.zeros(len(keys), dtype=np.bool_)
    keep[np.unique(keys, return_index=True)[1]] = True
    for codes in columns:
        keep |= codes == NULL
    return keep


def combined(columns: Sequence[Numbers]) -> Numbers:
    """One number for each row, the same for rows with the same codes."""
    keys = columns[0]
    for codes in columns[1:]:
        keys = np.unique(keys, return_inverse=True)[1].astype(np.int64) * (int(codes.max(initial=0)) + 2) + codes + 1
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _occurrences(groups: Numbers) -> Numbers:
    """How many rows of the same group come before each row."""
    order = np.argsort(groups, kind="stable")
    ranked = groups[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    lengths = np.diff(np.r_[starts, len(ranked)])
    found = np.empty(len(groups), dtype=np.int64)
    found[order] = np.arange(len(ranked), dtype=np.int64) - np.repeat(starts, lengths)
    return found
