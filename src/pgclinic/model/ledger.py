"""Planned against measured: how right each prescription's planned gain was."""

import msgspec

from pgclinic.model.proof import Verdict


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One statement that one prescription was to help, planned and then measured.

    ``planned`` and ``measured`` are factors, before divided by after: of planner costs, and of median times with its
    95 % interval. ``shared_with`` counts the other prescriptions of the same treatment that the statement was to gain
    from: the measured factor is that of all of them together. ``database`` tells databases apart without naming any.
    """

    proved_at: str
    database: str
    server_version: str
    kind: str
    prescription: str
    object: str
    statement: str
    fingerprint: str
    planned: float
    measured: float
    low: float
    high: float
    verdict: Verdict
    shared_with: int = 0

    @property
    def error(self) -> float:
        """How many times the planned gain is off, either way; 1 is exactly right."""
        return max(self.planned / self.measured, self.measured / self.planned)


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How right one kind of prescription has been so far.

    ``right_direction`` is the share of the entries with a verdict in which what was planned to be faster was; ``error``
    the median of how many times the planned gain was off.
    """

    kind: str
    entries: int
    error: float
    right_direction: float | None


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Every entry so far, oldest first, and what follows from them for each kind of prescription."""

    entries: tuple[LedgerEntry, ...]
    calibrations: tuple[Calibration, ...] = ()
    contract_version: str = "1"
