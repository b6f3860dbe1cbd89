"""The hot cache: which answers are worth keeping, how much memory they take, and for how long they hold."""

from pgclinic.advise.capacity.cache import cache as prescribed_caches
from pgclinic.advise.case import Case
from pgclinic.advise.parts.services import equivalent
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.prescription import Prescription
from pgclinic.model.stack import StackPart, StackRemark, StackSetting

_REASONS = {
    "found": "{number} statements, {share} of the time, are asked for few different answers that seldom change.",
    "none": "No few answers are asked for again and again over tables that seldom change.",
    "unseen": "Statements could not be seen.",
}
_LEAST_BYTES = 64 << 20
_ROW_BYTES, _ENTRY_BYTES = 200, 200
"""A row as it is packed, and what Redis spends on a key."""


def cache(case: Case) -> StackPart:
    """Redis, with the memory that the answers take twice: what is written anew lies beside the old for a while."""
    snapshot = case.snapshot
    found = tuple(prescribed_caches(case))
    needed = max(_LEAST_BYTES, 2 * sum(_bytes(each) for each in found)) >> 20
    share = sum(float(_fact(each, "share")) for each in found)
    why = "found" if found else "none" if snapshot.sees("statements") else "unseen"
    return StackPart(
        name="cache",
        pays=bool(found),
        reason=_REASONS[why],
        facts=(Fact("number", len(found)), Fact("share", share, Unit.RATIO)) if found else (),
        remarks=tuple(
            StackRemark(
                text="{statement}: {answers} answers, asked for {calls} times, changed {changes} times; each holds for"
                " {valid_for}.",
                facts=(Fact("statement", each.object.name, Unit.TEXT), *each.facts),
            )
            for each in found
        ),
        settings=tuple(
            StackSetting(file="redis", name=name, value=value)
            for name, value in (
                ("maxmemory", f"{needed}mb"),
                # The hot keys stay and the ones asked for once go; all of them can be asked for anew.
                ("maxmemory-policy", "allkeys-lfu"),
                ("save", '""'),
                ("appendonly", "no"),
                ("lazyfree-lazy-eviction", "yes"),
            )
        ),
        equivalent=equivalent(snapshot.server.service, "cache"),
    )


def _bytes(each: Prescription) -> int:
    return round(float(_fact(each, "answers")) * (_ENTRY_BYTES + float(_fact(each, "rows_per_call")) * _ROW_BYTES))


def _fact(each: Prescription, name: str) -> float | int | str:
    return next(fact.value for fact in each.facts if fact.name == name)
