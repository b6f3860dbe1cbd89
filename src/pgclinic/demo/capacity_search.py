"""Which rate to try next: up in strides until one does not hold, then halving what is between. Policy only."""

from collections.abc import Generator
from math import sqrt

_STRIDE = 2.0
_LOWEST = 0.05
"""Requests a second; what does not hold there is not searched further down."""


def rates(start: float, precision: float = 1.15) -> Generator[float, bool, None]:
    """Yield rates and be sent whether each held, until the highest known to hold is within ``precision``."""
    holds: float | None = None
    breaks: float | None = None
    rate = start
    while True:
        if (yield rate):
            holds = rate
        else:
            breaks = rate
        if breaks is None:
            rate *= _STRIDE
        elif holds is None:
            rate /= _STRIDE
            if rate < _LOWEST:
                return
        elif breaks / holds <= precision:
            return
        else:
            rate = sqrt(holds * breaks)
