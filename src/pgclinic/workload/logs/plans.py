"""The plans that auto_explain wrote into a log, or into what was copied out of one."""

import re
from collections.abc import Iterator

import msgspec

from pgclinic.model.workload import SeenStatement
from pgclinic.workload.logs.formats import entries_in
from pgclinic.workload.logs.messages import seen_in_plan

_PLAN = re.compile(r"duration: (?P<ms>\d+\.\d+) ms {1,2}plan:(?:\n|\\n|\s)*")


class LoggedPlan(msgspec.Struct, frozen=True):
    """The text of a plan as EXPLAIN writes it, how long the statement took, and the statement where it is told."""

    text: str
    ms: float
    seen: SeenStatement | None


def is_log(text: str) -> bool:
    """Whether auto_explain wrote any of it."""
    return _PLAN.search(text) is not None


def plans_in(text: str) -> Iterator[LoggedPlan]:
    """Each plan in order. Lines that lost the log's own form on their way are read as far as they tell."""
    found = False
    for entry in entries_in(text.splitlines()):
        match = _PLAN.match(entry.message)
        if match and entry.message[match.end() :].strip():
            found = True
            plan, ms = entry.message[match.end() :], float(match["ms"])
            yield LoggedPlan(plan, ms, seen_in_plan(entry, plan, ms))
    if found:
        return
    matches = list(_PLAN.finditer(text))
    for match, after in zip(matches, [*matches[1:], None], strict=True):
        yield LoggedPlan(text[match.end() : after.start() if after else len(text)], float(match["ms"]), None)
