"""When a treatment is kept after the real planner was asked about it."""

import re
from enum import StrEnum

import msgspec

from pgclinic.model.errors import UserError

_GAIN = re.compile(r"gain\s*>=\s*(\d+(?:\.\d+)?)")
_WORSE = 1.01
"""The planner itself takes paths for equal whose costs differ by less than one part in a hundred."""


_MANY = 100


class Rule(StrEnum):
    """What decides."""

    ALWAYS = "always"
    USED = "used"
    GAIN = "gain"


class StatementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the real planner says of one statement: mean cost before and after, over all ways in which it was asked.

    ``is_used``: some plan of it uses what was made. ``weight`` is its share of the workload, or 1.
    """

    fingerprint: str
    cost_before: float
    cost_after: float
    is_used: bool
    weight: float = 1.0


class KeepRule(msgspec.Struct, frozen=True, kw_only=True):
    """Which treatments stay.

    ``used`` keeps what the planner uses for at least one statement and what makes the whole no dearer; ``gain`` what
    makes the statements that it was prescribed for ``least_gain`` times cheaper together; ``always`` everything.
    """

    rule: Rule = Rule.USED
    least_gain: float = 1.0

    def objection(self, answers: tuple[StatementAnswer, ...], *, makes_index: bool) -> str:
        """Why it is not kept, in words; empty when it is, and when the planner could not be asked."""
        if self.rule is Rule.ALWAYS or not answers:
            return ""
        gain = gain_of(answers)
        statements = _statements(answers)
        if self.rule is Rule.GAIN:
            if gain >= self.least_gain:
                return ""
            wanted = times_words(self.least_gain)
            return f"its {statements} became {times_words(gain)} cheaper (planned), not {wanted}"
        if makes_index and not any(answer.is_used for answer in answers):
            return f"the planner of this server uses it for none of its {statements}"
        if gain < 1 / _WORSE:
            return f"the planner of this server finds its {statements} {times_words(1 / gain)} dearer with it"
        return ""

    def objection_to_loss(self, watched: tuple[StatementAnswer, ...]) -> str:
        """Why what helps no statement is not kept, in words: those that are watched got dearer."""
        if self.rule is Rule.ALWAYS or not watched or gain_of(watched) >= 1 / _WORSE:
            return ""
        dearer = times_words(1 / gain_of(watched))
        return f"the planner of this server finds the {_statements(watched)} of its table {dearer} dearer afterwards"


def _statements(answers: tuple[StatementAnswer, ...]) -> str:
    count = len(answers)
    return f"{count} statement{'' if count == 1 else 's'}"


def gain_of(answers: tuple[StatementAnswer, ...]) -> float:
    """How many times cheaper the statements are together, each by its weight and relative to its own cost before."""
    whole = sum(answer.weight for answer in answers)
    after = sum(answer.weight * answer.cost_after / answer.cost_before for answer in answers if answer.cost_before > 0)
    return whole / after if after > 0 else 1.0


def times_words(times: float) -> str:
    """A factor with three digits at most."""
    return f"{times:,.0f}\N{MULTIPLICATION SIGN}" if times >= _MANY else f"{times:.3g}\N{MULTIPLICATION SIGN}"


def read_rule(text: str) -> KeepRule:
    """A rule as it is typed: ``used``, ``gain>=1.2`` or ``always``. Raises UserError."""
    if text in {Rule.ALWAYS, Rule.USED}:
        return KeepRule(rule=Rule(text))
    match = _GAIN.fullmatch(text.strip())
    if match is None:
        raise UserError(f"--keep-if: {text!r} is no rule; give used, always, or a gain such as 'gain>=1.2'.")
    return KeepRule(rule=Rule.GAIN, least_gain=float(match[1]))
