"""The pages of the checks, from their files: docstring, signature, severities, and the remedies that they build."""

import ast
import inspect
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from types import ModuleType

from pgclinic import checks, remedies
from pgclinic.grading.grade import WEIGHTS
from pgclinic.model.check_page import CheckPage, RemedyKind, Section
from pgclinic.model.configuration import NOTHING_SET, Configuration
from pgclinic.model.errors import UserError
from pgclinic.model.finding import Severity
from pgclinic.verbs.thresholds import thresholds

_REMEDIES = f"{remedies.__name__}."
_FEW_NAMES = 12


def pages(configuration: Configuration = NOTHING_SET, *, family: str | None = None) -> tuple[CheckPage, ...]:
    """All checks, or those of a family, by family in the order of the grade and then by name. Raises UserError."""
    if family is not None and family not in WEIGHTS:
        raise UserError(f"There is no family {family!r}{suggestion(family, WEIGHTS)}")
    all_pages = (page(name, configuration) for name in checks.names())
    places = {name: place for place, name in enumerate(WEIGHTS)}
    chosen = (each for each in all_pages if family in {None, each.family})
    return tuple(sorted(chosen, key=lambda each: (places[each.family], each.name)))


def page(name: str, configuration: Configuration = NOTHING_SET) -> CheckPage:
    """One check. Raises UserError for a name that is none, with the closest ones."""
    if name not in checks.names():
        raise UserError(f"There is no check {name!r}{suggestion(name, checks.names())}")
    check = checks.load(name)
    module = sys.modules[check.examine.__module__]
    return CheckPage(
        name=name,
        family=check.family,
        title=check.title,
        severities=_severities(module),
        sections=sections(check.documentation),
        thresholds=thresholds(check, configuration.of(name)),
        needs=check.needs,
        remedies=_remedies(module),
    )


def sections(documentation: str) -> tuple[Section, ...]:
    """Each heading at the margin, with the paragraphs under it, each on one line: what translations go by."""
    found: list[tuple[str, list[str]]] = []
    for block in documentation.split("\n\n")[1:]:
        lines = block.splitlines()
        if lines and not lines[0].startswith(" ") and lines[0].endswith(":"):
            found.append((lines.pop(0)[:-1], []))
        if lines and found:
            found[-1][1].append(" ".join(line.strip() for line in lines))
    return tuple(Section(title, tuple(paragraphs)) for title, paragraphs in found)


def suggestion(name: str, names: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: ``; did you mean a or b?``, else the names, or who shows them."""
    known = list(names)
    wanted = name.lower().replace("-", "_").replace(" ", "_")
    close = [wanted] if wanted in known else get_close_matches(wanted, known, n=3, cutoff=0.6)
    if not close:
        close = [each for each in known if wanted and wanted in each][:3]
    if not close:
        return f"; there are {', '.join(known)}." if len(known) <= _FEW_NAMES else "; pgclinic list shows all."
    return f"; did you mean {', '.join(close[:-1])}{' or ' if len(close) > 1 else ''}{close[-1]}?"


def _severities(module: ModuleType) -> tuple[Severity, ...]:
    """Those that the check's file names. A file that leaves the choice to others names none."""
    tree = ast.parse(inspect.getsource(module))
    named = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == Severity.__name__
    }
    return tuple(severity for severity in Severity if severity.name in named)


def _remedies(module: ModuleType) -> tuple[RemedyKind, ...]:
    """The files of ``remedies/`` that the check's file imports, whole or something of them."""
    origins = {getattr(each, "__module__", None) or getattr(each, "__name__", "") for each in vars(module).values()}
    origins |= {each.__name__ for each in vars(module).values() if isinstance(each, ModuleType)}
    found = sorted(each for each in origins if isinstance(each, str) and each.startswith(_REMEDIES))
    return tuple(RemedyKind(each.removeprefix(_REMEDIES), _first_line(sys.modules[each])) for each in found)


def _first_line(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().partition("\n")[0]
