"""What a user has set for good in a file: thresholds, what to leave out, how to write."""

from collections.abc import Mapping
from typing import Any

import msgspec

_NO_THRESHOLDS: Mapping[str, Mapping[str, Any]] = {}


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration file, read and found to fit. ``source`` is its path, empty without one.

    ``thresholds`` are values by check and parameter, of the types that the checks declare. The rest is None where
    the file does not say. ``baseline`` is a path, relative ones made absolute by the folder of the file.
    """

    source: str = ""
    thresholds: Mapping[str, Mapping[str, Any]] = _NO_THRESHOLDS
    only: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    fail_below: str | None = None
    lang: str | None = None
    format: str | None = None
    baseline: str | None = None

    def of(self, check: str) -> Mapping[str, Any]:
        """The thresholds that are set for a check."""
        return self.thresholds.get(check, {})


NOTHING_SET = Configuration()
"""Without a file."""
