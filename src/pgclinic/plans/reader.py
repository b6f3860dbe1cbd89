"""Any text that holds the output of EXPLAIN, read into what it tells."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.plan import Explained
from pgclinic.plans.document import DEEPEST, Document, explained_of
from pgclinic.plans.pasted import unframed
from pgclinic.plans.text_form import NotAPlanError, document_of, is_root

_HOW = "give what explain (analyze, buffers) or explain (format json) prints"
_WRAPPERS = ("QUERY PLAN", "query plan", "EXPLAIN")
"""Names under which drivers and clients hand over the one column of EXPLAIN's answer."""


def read(text: str) -> tuple[Explained, ...]:
    """Every plan in the text, in order; there is at least one. Raises UserError, one sentence, for anything else."""
    lines = unframed(text.lstrip("\ufeff"))
    body = "\n".join(lines).strip()
    if not body:
        raise UserError(f"There is no plan: the text is empty; {_HOW}.")
    if body.startswith(("<explain", "<?xml", "<Query", "<Plan")):
        raise UserError("The plan is in XML, which is not read; ask PostgreSQL for it with explain (format json).")
    if body.startswith(("- Plan:", "Plan:", "- Query Text:")) or "\nPlan:\n" in body or "\n  Plan:\n" in body:
        raise UserError("The plan is in YAML, which is not read; ask PostgreSQL for it with explain (format json).")
    try:
        documents = _documents_of_json(body) if body[0] in "[{" else [document_of(part) for part in _parts(lines)]
        return tuple([explained_of(msgspec.convert(each, Document, strict=False)) for each in documents])
    except NotAPlanError as error:
        raise UserError(f"That is no plan of PostgreSQL: {error}; {_HOW}.") from error
    except RecursionError as error:
        raise UserError(f"That is no plan of PostgreSQL: it is nested deeper than {DEEPEST} levels; {_HOW}.") from error
    except msgspec.ValidationError as error:
        raise UserError(f"That is no plan that PostgreSQL would write: {error}; {_HOW}.") from error


def _documents_of_json(body: str) -> list[dict[str, Any]]:
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise NotAPlanError(f"the JSON is damaged or cut short ({error})") from error
    found: list[dict[str, Any]] = []
    waiting: list[Any] = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, dict) and "Plan" in each:
            _demand_shallow(each["Plan"])
            found.append(each)
        elif isinstance(each, dict):
            waiting += [each[name] for name in _WRAPPERS if name in each]
    if not found:
        raise NotAPlanError('the JSON has no "Plan"')
    return found


def _demand_shallow(plan: object) -> None:
    level, depth = [plan], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise NotAPlanError(f"it is nested deeper than {DEEPEST} levels")
        level = [
            child
            for node in level
            if isinstance(node, dict) and isinstance(plans := node.get("Plans"), list)
            for child in plans
        ]


def _parts(lines: Sequence[str]) -> list[list[str]]:
    """The lines of each plan: a statement that rules rewrite has several, one under the other."""
    roots = [number for number, line in enumerate(lines) if is_root(line) and not line.lstrip().startswith("->")]
    if not roots:
        return [list(lines)]
    margin = len(lines[roots[0]]) - len(lines[roots[0]].lstrip(" "))
    starts = [number for number in roots if len(lines[number]) - len(lines[number].lstrip(" ")) <= margin]
    ends = [*starts[1:], len(lines)]
    return [list(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
