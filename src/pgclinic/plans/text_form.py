"""EXPLAIN's text form, brought into the shape of its JSON form. Linear in its length, whatever the text is.

Source: ``ExplainNode`` in PostgreSQL's explain.c: a node stands behind an arrow, what is told of it six columns to
the right of the arrow, and before a sub-plan a line names it.
"""

import re
from collections.abc import Sequence
from typing import Any

from pgclinic.plans.document import DEEPEST
from pgclinic.plans.properties import buffers, is_grouping, properties
from pgclinic.plans.titles import fields_of

_Fields = dict[str, Any]

_FIGURES = (
    r"(?:  \(cost=(?P<startup>\d+\.\d+)\.\.(?P<total>\d+\.\d+) rows=(?P<rows>\d+) width=(?P<width>\d+)\))?"
    r"(?P<actual> {1,2}\((?:never executed"
    r"|actual (?:time=(?P<from>\d+\.\d+)\.\.(?P<to>\d+\.\d+) )?rows=(?P<got>\d+(?:\.\d+)?) loops=(?P<loops>\d+))\))?"
)
_NODE = re.compile(rf"(?P<title>\S.*?){_FIGURES}")
_ARROW = re.compile(r"(?P<lead> *)-> {1,2}(?P<node>\S.*)")
_TOLD = re.compile(r" \((?:cost=\d|actual (?:time|rows)=\d|never executed)")
_LABEL = re.compile(r"(?:InitPlan|SubPlan|CTE) \S.*")
_PROPERTY = re.compile(r"(?P<name>[A-Z][A-Za-z/0-9 -]{1,40}):(?: (?P<text>.*))?")
_WORKER = re.compile(r"Worker \d+: {1,2}(?P<rest>\S.*)")
_TRIGGER = re.compile(r": (?:time=(?P<ms>\d+\.\d+) )?calls=(?P<calls>\d+)\Z")
_SETTING = re.compile(r"(?P<name>[\w.]+) = (?:NULL|'(?P<value>(?:[^']|'')*)')(?:, |\Z)")
_MILLISECONDS = re.compile(r"(?P<ms>\d+\.\d+) ms")
_TOTAL = re.compile(r"Total (?P<ms>\d+\.\d+) ms")
_SERIALIZED = re.compile(r"time=(?P<ms>\d+\.\d+) ms")
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_ARROW_TO_PROPERTY = 6
_ROOT_TO_PROPERTY = 2


class NotAPlanError(ValueError):
    """The text is not what EXPLAIN writes; the message is a clause that says why."""


def is_root(line: str) -> bool:
    """Whether a line is that of a node with costs or measurements."""
    return line.lstrip(" ->")[:1].isupper() and _TOLD.search(line) is not None


def document_of(lines: Sequence[str]) -> _Fields:
    """The JSON form's document of one plan's lines. What stands before the root is passed over.

    Raises NotAPlanError where there is no plan, or one too deep.
    """
    start = next((number for number, line in enumerate(lines) if is_root(line)), None)
    if start is None:
        start = _bare_root(lines)
    first = lines[start]
    base = len(first) - len(first.lstrip(" "))
    reader = _Reader(base, first.strip().removeprefix("->").strip())
    for line in lines[start + 1 :]:
        reader.read(line)
    return reader.finished()


def _bare_root(lines: Sequence[str]) -> int:
    """The root of a plan without costs: the last line before the first arrow that stands left of it."""
    arrow = next((number for number, line in enumerate(lines) if _ARROW.fullmatch(line)), None)
    before = range(len(lines) if arrow is None else arrow)
    told = [number for number in before if lines[number].strip()]
    if not told or (arrow is None and not _is_lonely(lines[told[0]])):
        raise NotAPlanError("no line in it is a node of a plan")
    return told[0]


def _is_lonely(line: str) -> bool:
    """Whether a line without figures and arrows is the only node of a plan."""
    kind = fields_of(line.strip())
    return bool(kind.get("Relation Name")) or kind["Node Type"] in {"Result", "Function Scan", "Values Scan"}


class _Open:
    """A node that lines may still be added to."""

    def __init__(self, arrow: int, fields: _Fields, told_at: int) -> None:
        self.arrow = arrow
        self.fields = fields
        self.told_at = told_at
        self.last = ""
        self.pieces: list[str] = []
        self.is_inside_literal = False
        self.worker: _Fields | None = None


class _Reader:
    """Lines come in, the document grows."""

    def __init__(self, base: int, root: str) -> None:
        self._base = base
        node = _node(root)
        self.document: _Fields = {"Plan": node}
        self._open = [_Open(base - 1, node, base + _ROOT_TO_PROPERTY)]
        self._continued: list[tuple[_Fields, str, list[str]]] = []
        self._label = ""
        self._section = ""

    def read(self, line: str) -> None:
        """One more line."""
        node = self._open[-1]
        if node.is_inside_literal and not self._section:
            # A literal goes on with this line, whatever it looks like.
            self._continue(node, line)
            node.is_inside_literal = _ends_inside_literal(f"'{line}")
            return
        text = line.strip()
        if not text:
            return
        column = len(line) - len(line.lstrip(" "))
        arrow = _ARROW.fullmatch(line.rstrip())
        if arrow and column > self._base and not self._section:
            self._begin(column, arrow["node"])
        elif column <= self._base and self._is_section(text):
            self._end(text)
        elif self._section:
            self._tell_section(text)
        else:
            self._tell(column, text)

    def finished(self) -> _Fields:
        """The document, with what went on over several lines."""
        for fields, name, pieces in self._continued:
            fields[name] = "\n".join((fields[name], *pieces))
        return self.document

    def _continue(self, node: _Open, line: str) -> None:
        if not node.pieces:
            self._continued.append((node.fields, node.last, node.pieces))
        node.pieces.append(line)

    def _begin(self, column: int, text: str) -> None:
        while len(self._open) > 1 and self._open[-1].arrow >= column:
            self._open.pop()
        if len(self._open) >= DEEPEST:
            raise NotAPlanError(f"it is nested deeper than {DEEPEST} levels")
        node = _node(text)
        if self._label:
            node["Subplan Name"] = self._label
            self._label = ""
        self._open[-1].fields.setdefault("Plans", []).append(node)
        self._open.append(_Open(column, node, column + _ARROW_TO_PROPERTY))

    def _tell(self, column: int, text: str) -> None:
        if _LABEL.fullmatch(text):
            self._label = text
            return
        node = self._open[-1]
        if worker := _WORKER.fullmatch(text):
            node.worker = {}
            node.fields.setdefault("Workers", []).append(node.worker)
            text = worker["rest"]
        told = _PROPERTY.fullmatch(text)
        if node.worker is not None:
            if worker or column > node.told_at:
                node.worker.update(properties(told["name"], told["text"] or "") if told else {})
                return
            node.worker = None
        is_deeper = column != node.told_at
        if told and (not is_deeper or _is_of_a_set(told["name"], node.fields)):
            self._property(node, told["name"], told["text"] or "", is_deeper=is_deeper)
        elif node.last and not _is_target(text):
            # What a foreign server or an extension tells may have line breaks too.
            self._continue(node, text)

    def _property(self, node: _Open, name: str, text: str, *, is_deeper: bool) -> None:
        node.last, node.pieces = "", []
        if is_grouping(name):
            if node.fields["Node Type"] == "Aggregate":
                node.fields.setdefault("Grouping Lines", []).append(text)
            else:
                node.fields["Group Key"] = text
            return
        if is_deeper:
            return
        found = properties(name, text)
        node.fields.update(found)
        node.last = name if found == {name: text} and not text.isdecimal() else ""
        node.is_inside_literal = bool(node.last) and _ends_inside_literal(text)

    def _is_section(self, text: str) -> bool:
        return _PROPERTY.fullmatch(text) is not None or _trigger(text) is not None

    def _end(self, text: str) -> None:
        """What stands at the left, after the plan."""
        if trigger := _trigger(text):
            self._section = "Trigger"
            self.document.setdefault("Triggers", []).append(trigger)
            return
        name, _, told = text.partition(":")
        self._section, told = name, told.strip()
        time = _MILLISECONDS.fullmatch(told)
        if name in {"Planning Time", "Execution Time"} and time:
            self.document[name] = time["ms"]
        elif name == "Settings":
            self.document[name] = {each["name"]: _value(each["value"]) for each in _SETTING.finditer(told)}
        elif name == "Serialization":
            self.document[name] = {"Time": ms["ms"]} if (ms := _SERIALIZED.search(told)) else {}
        elif name in {"Planning", "JIT"}:
            self.document[name] = {}

    def _tell_section(self, text: str) -> None:
        name, _, told = text.partition(": ")
        section = self.document.get(self._section)
        if self._section == "Planning" and name == "Buffers":
            self.document["Planning"] = buffers(told)
        elif self._section == "JIT" and isinstance(section, dict):
            if name == "Functions" and told.isdecimal():
                section[name] = told
            elif name == "Options":
                section[name] = {each.split(" ")[0]: each.endswith(" true") for each in told.split(", ")}
            elif name == "Timing" and (total := _TOTAL.search(told)):
                section[name] = {"Total": total["ms"]}


def _node(text: str) -> _Fields:
    match = _NODE.fullmatch(text)
    assert match is not None  # every text is at least a title
    fields = fields_of(match["title"])
    if match["total"]:
        fields |= {
            "Startup Cost": match["startup"],
            "Total Cost": match["total"],
            "Plan Rows": match["rows"],
            "Plan Width": match["width"],
        }
    if match["actual"]:
        fields |= {"Actual Rows": match["got"] or 0, "Actual Loops": match["loops"] or 0}
        if match["to"]:
            fields |= {"Actual Startup Time": match["from"], "Actual Total Time": match["to"]}
    return fields


def _ends_inside_literal(text: str) -> bool:
    """Whether a quote is open at the end; doubled quotes close and open again."""
    return "'" in _QUOTED.sub("", text)


def _trigger(text: str) -> _Fields | None:
    """``Trigger name for constraint c on t: time=0.1 calls=3``, of which not all need be there."""
    counted = _TRIGGER.search(text) if text.startswith("Trigger") else None
    if counted is None:
        return None
    head, _, relation = text[: counted.start()].partition(" on ")
    name, _, constraint = head.removeprefix("Trigger").partition("for constraint ")
    return {
        "Trigger Name": name.strip(),
        "Constraint Name": constraint.strip(),
        "Relation": relation,
        "Calls": counted["calls"],
        **({"Time": counted["ms"]} if counted["ms"] else {}),
    }


def _value(quoted: str | None) -> str:
    return (quoted or "").replace("''", "'")


def _is_of_a_set(name: str, fields: _Fields) -> bool:
    """The keys of further grouping sets stand a little to the right."""
    return fields["Node Type"] == "Aggregate" and (is_grouping(name) or name == "Sort Key")


def _is_target(text: str) -> bool:
    """One of the tables that a statement changes, each on a line of its own."""
    operation, _, rest = text.removeprefix("Foreign ").partition(" on ")
    return bool(rest) and operation in {"Insert", "Update", "Delete", "Merge"}
