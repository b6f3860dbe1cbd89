"""Names that nothing else has."""

from collections.abc import Collection


def free(name: str, taken: Collection[str]) -> str:
    """``name``, or with the first number from 2 on that makes it one that is not taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
