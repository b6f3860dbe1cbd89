"""What a proof says of the plans that were made for it, and what all proofs say of a kind of prescription."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from pgclinic.model.ledger import Calibration, Ledger, LedgerEntry
from pgclinic.model.prescription import Prescription
from pgclinic.model.proof import Proof, Verdict


def booked(
    proof: Proof, treated: Sequence[Prescription], *, database: str, server_version: str
) -> Iterator[LedgerEntry]:
    """An entry for each statement of the proof that a prescription was planned to help and that was measured."""
    measured = {each.after.fingerprint: each for each in proof.statements if each.after.fingerprint and each.effects}
    for item in treated:
        for gain in item.gains:
            comparison = measured.get(gain.fingerprint)
            if comparison is None or gain.cost_before <= 0 or gain.cost_after <= 0 or not comparison.times_faster:
                continue
            others = sum(any(one.fingerprint == gain.fingerprint for one in other.gains) for other in treated) - 1
            yield LedgerEntry(
                proved_at=proof.after.started_at,
                database=database,
                server_version=server_version,
                kind=item.kind,
                prescription=item.fingerprint,
                object=str(item.object),
                statement=comparison.name,
                fingerprint=gain.fingerprint,
                planned=gain.cost_before / gain.cost_after,
                measured=comparison.times_faster,
                low=comparison.effects[0].low,
                high=comparison.effects[0].high,
                verdict=comparison.verdict,
                shared_with=others,
            )


def ledger_of(entries: Iterable[LedgerEntry]) -> Ledger:
    """The entries with how right each kind of prescription has been.

    Where several helped one statement, what was measured is what all of them did together: it is held against the one
    that was to gain most, and says nothing of the others.
    """
    everything = tuple(entries)
    leading: dict[tuple[str, str, str], LedgerEntry] = {}
    for entry in everything:
        key = entry.database, entry.proved_at, entry.fingerprint
        if key not in leading or entry.planned > leading[key].planned:
            leading[key] = entry
    kinds = sorted({entry.kind for entry in leading.values()})
    return Ledger(
        entries=everything,
        calibrations=tuple(
            _calibration(kind, [each for each in leading.values() if each.kind == kind]) for kind in kinds
        ),
    )


def _calibration(kind: str, entries: Sequence[LedgerEntry]) -> Calibration:
    told = [entry for entry in entries if entry.verdict in {Verdict.FASTER, Verdict.SLOWER}]
    right = sum((entry.verdict is Verdict.FASTER) == (entry.planned >= 1) for entry in told)
    return Calibration(
        kind=kind,
        entries=len(entries),
        error=median(entry.error for entry in entries),
        right_direction=right / len(told) if told else None,
    )
