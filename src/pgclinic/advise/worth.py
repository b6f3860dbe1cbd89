"""What prescriptions are worth to the workload: the part of its planned cost that each saves, and what is left of it.

Planned gains of one statement by different cures are not multiplied: nobody has planned them together, so the best
one counts. Only where a statement is replaced, and an index makes the new text cheaper, do both count: the index was
planned for the new text.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pgclinic.advise.asked_after import Asked, NewText, shares_of
from pgclinic.model.prescription import Prescription, StatementGain
from pgclinic.model.workload import Workload


class Worth(msgspec.Struct, frozen=True):
    """Weighs gains by their statements' shares of the workload; ``texts`` are those that will be asked instead."""

    shares: Mapping[Asked, float]
    texts: Mapping[Asked, tuple[NewText, ...]] = {}
    """By the fingerprint and role of the new text."""
    kept: Mapping[Asked, float] = {}
    """What a replaced statement costs as the new text, as a part of what it costs now."""

    def of(self, item: Prescription) -> float:
        """The part of the workload's planned cost that it saves, less what it adds; 0.2 is a fifth."""
        return sum(self._share(gain) * (1 - ratio_of(gain)) for gain in (*item.gains, *item.losses))

    def ratios(self, items: Sequence[Prescription]) -> Mapping[Asked, float]:
        """What each statement costs with all of them, as a part of what it costs now; only what changes."""
        best = best_ratios(items)
        ratios = dict(best)
        for key, texts in self.texts.items():
            for text in texts:
                known = ratios.get(text.original, _ratio(best, text.original))
                ratios[text.original] = known * (1 - text.share * (1 - _ratio(best, key)))
        return ratios

    def left(self, items: Sequence[Prescription]) -> float:
        """What the workload costs with all of them, where 1 is what it costs now."""
        ratios = self.ratios(items)
        return max(1 - sum(share * (1 - _ratio(ratios, key)) for key, share in self.shares.items()), 0.0)

    def _share(self, gain: StatementGain) -> float:
        key = (gain.fingerprint, gain.role)
        share = self._own_share(key)
        for text in self.texts.get(key, ()):
            share += self._own_share(text.original) * text.share * self.kept.get(text.original, 1.0)
        return share

    def _own_share(self, key: Asked) -> float:
        """Of this role; of all roles where the gain does not name the one that asks."""
        if key in self.shares or key[1]:
            return self.shares.get(key, 0.0)
        return sum(share for (fingerprint, _), share in self.shares.items() if fingerprint == key[0])


def worth_of(workload: Workload, new: Iterable[NewText] = (), items: Sequence[Prescription] = ()) -> Worth:
    """For the workload as it is asked now; ``items`` are those whose mappings gave the ``new`` texts."""
    texts: dict[Asked, tuple[NewText, ...]] = {}
    for text in new:
        key = (text.statement.fingerprint, text.statement.role)
        texts[key] = (*texts.get(key, ()), text)
    best = best_ratios(items)
    kept = {text.original: _ratio(best, text.original) for group in texts.values() for text in group}
    return Worth(shares_of(workload), texts, kept)


def ratio_of(gain: StatementGain) -> float:
    """What the statement costs afterwards, as a part of what it costs now."""
    return gain.cost_after / gain.cost_before if gain.cost_before > 0 else 1.0


def best_ratios(items: Iterable[Prescription]) -> Mapping[Asked, float]:
    """By statement and role (empty: whoever asks): the best of its gains, or the worst of its losses without any."""
    best: dict[Asked, float] = {}
    worst: dict[Asked, float] = {}
    for item in items:
        for gain in (*item.gains, *item.losses):
            key, ratio = (gain.fingerprint, gain.role), ratio_of(gain)
            side, choose = (best, min) if ratio < 1 else (worst, max)
            side[key] = choose(side.get(key, ratio), ratio)
    return worst | best


def _ratio(best: Mapping[Asked, float], key: Asked) -> float:
    return best.get(key, best.get((key[0], ""), 1.0))
