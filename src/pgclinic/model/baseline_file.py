"""The baseline file: one known finding a line, sorted, made to be read in a diff and commented by hand.

``fingerprint  severity  check  object  # why``, in which everything behind the fingerprint may be missing. Whoever
writes it keeps the comments: those at the end of a line, and the lines of comment above it.
"""

import json
import re
from collections.abc import Iterator

from pgclinic.model.baseline import Baseline, KnownFinding
from pgclinic.model.errors import UserError
from pgclinic.model.finding import Severity

_HEADER = (
    "# pgclinic baseline: findings that are known, and are neither reported again nor counted for the exit code.",
    "# One a line; say why after a #. One that became more severe is reported again.",
)
_FINGERPRINT = re.compile(r"[0-9a-f]{12}\Z")
_SEVERITIES = {severity.name.lower(): severity for severity in Severity}
_WIDEST_SEVERITY = max(map(len, _SEVERITIES))


def write(baseline: Baseline) -> str:
    """The file. The same findings give the same text."""
    ordered = sorted(baseline.entries, key=lambda entry: (entry.check, entry.object, entry.fingerprint))
    return "\n".join([*_HEADER, "", *(line for entry in ordered for line in _lines(entry))]) + "\n"


def read(text: str, name: str) -> Baseline:
    """The baseline in a text. Raises UserError, one sentence with the line, for what does not fit."""
    entries: dict[str, KnownFinding] = {}
    above: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped:
            above.clear()
        elif stripped.startswith("#"):
            above += [] if stripped in _HEADER else [stripped]
        else:
            entry = _entry(stripped, tuple(above), f"Line {number} of the baseline {name}")
            entries[entry.fingerprint] = entry
            above.clear()
    return Baseline(tuple(entries.values()))


def _lines(entry: KnownFinding) -> Iterator[str]:
    yield from entry.above
    severity = "" if entry.severity is None else entry.severity.name.lower()
    words = [entry.fingerprint, severity.ljust(_WIDEST_SEVERITY), entry.check, _spelled(entry.object)]
    line = "  ".join(words) if severity else entry.fingerprint
    yield f"{line.rstrip()}  # {entry.comment}" if entry.comment else line.rstrip()


def _spelled(name: str) -> str:
    """A name as it is where it cannot be misread, else as a JSON string."""
    plain = name.isprintable() and "#" not in name and not name.startswith('"') and name == " ".join(name.split())
    return name if plain else json.dumps(name)


def _entry(line: str, above: tuple[str, ...], place: str) -> KnownFinding:
    fingerprint, _, rest = line.partition(" ")
    if not _FINGERPRINT.match(fingerprint):
        raise UserError(f"{place} does not begin with the fingerprint of a finding (twelve hex digits): {line[:60]!r}.")
    rest = rest.strip()
    if not rest or rest.startswith("#"):
        return KnownFinding(fingerprint=fingerprint, comment=rest.lstrip("#").strip(), above=above)
    severity, _, rest = rest.partition(" ")
    if severity not in _SEVERITIES:
        raise UserError(f"{place}: {severity!r} is no severity; it is one of {', '.join(_SEVERITIES)}.")
    check, _, rest = rest.strip().partition(" ")
    name, comment = _object_and_comment(rest.strip(), place)
    return KnownFinding(
        fingerprint=fingerprint,
        severity=_SEVERITIES[severity],
        check=check,
        object=name,
        comment=comment,
        above=above,
    )


def _object_and_comment(rest: str, place: str) -> tuple[str, str]:
    if not rest.startswith('"'):
        name, _, comment = rest.partition("#")
        return name.strip(), comment.strip()
    try:
        name, end = json.JSONDecoder().raw_decode(rest)
    except ValueError:
        raise UserError(f"{place}: the object in quotes has no end.") from None
    return str(name), rest[end:].strip().lstrip("#").strip()
