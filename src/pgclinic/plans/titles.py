"""The line of a node in EXPLAIN's text form, taken apart into what its JSON form says in fields.

Source: ``ExplainNode``, ``ExplainTargetRel`` and ``ExplainIndexScanDetails`` in PostgreSQL's explain.c.
"""

import re
from typing import Any

_NAME = r'(?:"(?:[^"]|"")*"|[^\s".]+)'
_TITLE = re.compile(
    rf"(?P<name>[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)*(?: \([^()]*\))?)(?: using (?P<index>{_NAME}))?"
    rf"(?: on (?:(?P<schema>{_NAME})\.)?(?P<object>{_NAME})(?: (?P<alias>{_NAME}))?)?"
)
_JOIN = re.compile(
    r"(?P<method>Nested Loop|Hash|Merge)(?: (?P<kind>Left|Full|Right Semi|Right Anti|Right|Semi|Anti))? Join"
)
_SET_OPERATION = re.compile(r"(?P<hash>Hash|)SetOp(?: (?P<command>.+))?")
_CUSTOM = re.compile(r"Custom Scan \((?P<provider>.*)\)")
_LEADS = (("Async ", {"Async Capable": True}), ("Parallel ", {"Parallel Aware": True}))
_PHASES = ("Partial", "Finalize")
_CHANGES = ("Insert", "Update", "Delete", "Merge")
_KNOWN = {
    "Aggregate": {"Node Type": "Aggregate", "Strategy": "Plain"},
    "GroupAggregate": {"Node Type": "Aggregate", "Strategy": "Sorted"},
    "HashAggregate": {"Node Type": "Aggregate", "Strategy": "Hashed"},
    "MixedAggregate": {"Node Type": "Aggregate", "Strategy": "Mixed"},
    **{change: {"Node Type": "ModifyTable", "Operation": change} for change in _CHANGES},
    **{f"Foreign {change}": {"Node Type": "Foreign Scan", "Operation": change} for change in _CHANGES},
}
"""Names of the text form that stand for a type and something else."""
_NAMED_BY = {
    "CTE Scan": "CTE Name",
    "WorkTable Scan": "CTE Name",
    "Function Scan": "Function Name",
    "Table Function Scan": "Table Function Name",
    "Named Tuplestore Scan": "Tuplestore Name",
}
_WITHOUT_TABLE = frozenset({"Subquery Scan", "Values Scan", "Result"})


def fields_of(title: str) -> dict[str, Any]:
    """The JSON form's fields of a title such as ``Parallel Index Scan Backward using i on s.t a``.

    A title of an unknown kind becomes the node type as it stands.
    """
    match = _TITLE.fullmatch(title)
    if match is None:
        return {"Node Type": title}
    fields = _kind(match["name"])
    kind = fields["Node Type"]
    if match["index"]:
        fields["Index Name"] = unquoted(match["index"])
    if not match["object"]:
        return fields
    target, alias = unquoted(match["object"]), unquoted(match["alias"] or match["object"])
    if kind == "Bitmap Index Scan":
        fields["Index Name"] = target
        return fields
    if kind not in _WITHOUT_TABLE:
        fields[_NAMED_BY.get(kind, "Relation Name")] = target
    fields["Alias"] = alias
    if match["schema"]:
        fields["Schema"] = unquoted(match["schema"])
    return fields


def unquoted(name: str) -> str:
    """An identifier without its quotes, as the catalogs spell it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _kind(name: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for lead, said in _LEADS:
        if name.startswith(lead):
            name = name.removeprefix(lead)
            fields |= said
    for phase in _PHASES:
        if name.startswith(f"{phase} "):
            name = name.removeprefix(f"{phase} ")
            fields["Partial Mode"] = phase
    if name.endswith(" Backward"):
        name = name.removesuffix(" Backward")
        fields["Scan Direction"] = "Backward"
    return fields | _type(name)


def _type(name: str) -> dict[str, Any]:
    if join := _JOIN.fullmatch(name):
        method = "Nested Loop" if join["method"] == "Nested Loop" else f"{join['method']} Join"
        return {"Node Type": method, "Join Type": join["kind"] or "Inner"}
    if operation := _SET_OPERATION.fullmatch(name):
        strategy = "Hashed" if operation["hash"] else "Sorted"
        return {"Node Type": "SetOp", "Strategy": strategy, "Command": operation["command"] or ""}
    if custom := _CUSTOM.fullmatch(name):
        return {"Node Type": "Custom Scan", "Custom Plan Provider": custom["provider"]}
    return _KNOWN.get(name, {"Node Type": name})
