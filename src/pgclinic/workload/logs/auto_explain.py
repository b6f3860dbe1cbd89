"""The statement inside a plan that ``auto_explain`` logged, in each of its four formats. The plan itself is not read.

Source: ``explain_ExecutorEnd`` in PostgreSQL's contrib/auto_explain/auto_explain.c.
"""

import json
import re
from html import unescape

_TEXT = "Query Text: "
_PARAMETERS = "Query Parameters: "
_ROOT = re.compile(r"\S.*  \(cost=\d+\.\d+\.\.\d+\.\d+ rows=\d+ width=\d+\)")
"""The first line of a plan as text."""
_XML = re.compile(r"<Query-(Text|Parameters)>(.*?)</Query-\1>", re.DOTALL)


def text_and_parameters(plan: str) -> tuple[str, str] | None:
    """The statement and its parameters as the log writes them; None when there is no statement in it."""
    body = plan.lstrip("\n")
    if body.startswith("{"):
        return _of_json(body)
    if body.startswith("<"):
        found = {name: unescape(text) for name, text in _XML.findall(body)}
        return (found["Text"], found.get("Parameters", "")) if "Text" in found else None
    if not body.startswith(_TEXT):
        return None
    return _of_yaml(body) if body.startswith(_TEXT + '"') and "\nPlan:" in body else _of_text(body)


def _of_json(body: str) -> tuple[str, str] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    text, parameters = document.get("Query Text"), document.get("Query Parameters", "")
    return (text, parameters) if isinstance(text, str) and isinstance(parameters, str) else None


def _of_yaml(body: str) -> tuple[str, str] | None:
    found = {}
    for line in body.partition("\nPlan:")[0].split("\n"):
        name, _, quoted = line.partition(": ")
        try:
            found[name] = json.loads(quoted)
        except ValueError:
            found[name] = ""
    text, parameters = found["Query Text"], found.get("Query Parameters", "")
    return (text, parameters) if isinstance(text, str) and isinstance(parameters, str) and text else None


def _of_text(body: str) -> tuple[str, str]:
    text: list[str] = []
    parameters: list[str] = []
    part = text
    for line in body.removeprefix(_TEXT).split("\n"):
        if _ROOT.match(line):
            break
        if line.startswith(_PARAMETERS):
            part = parameters
        part.append(line)
    return "\n".join(text), "\n".join(parameters).removeprefix(_PARAMETERS)
