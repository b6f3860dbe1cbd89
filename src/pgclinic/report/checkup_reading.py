"""A checkup read back from the JSON that ``checkup --format json`` wrote: enough of it to compare two of them.

Sentences come back as they were written, so that their findings need no facts; what a snapshot would tell besides
(settings, sizes, statements) is not in a report.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pgclinic.model.checkup import Checkup, Grade, Kpi, SetAside, SetThreshold
from pgclinic.model.errors import UserError
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Server

_VERSIONS = ("1",)
_SEVERITIES = {severity.name.lower(): severity for severity in Severity}
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")


def decode(document: bytes, name: str) -> Checkup:
    """The checkup in a report. Raises UserError, one sentence, for what is none."""
    try:
        content = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(
            f"{name} is not a JSON document ({error}); write it again with checkup --format json."
        ) from None
    if not isinstance(content, dict) or not {"contract_version", "grade", "findings", "seen_at"} <= content.keys():
        raise UserError(f"{name} is JSON but no report of a checkup; give the one that checkup --format json wrote.")
    if content["contract_version"] not in _VERSIONS:
        raise UserError(
            f"{name} has contract version {content['contract_version']!r} and this pgclinic reads "
            f"{', '.join(map(repr, _VERSIONS))}; upgrade pgclinic."
        )
    try:
        return _checkup(content)
    except (msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"The report {name} is damaged ({error}); write it again with checkup --format json.") from None


def _checkup(content: Mapping[str, Any]) -> Checkup:
    version = msgspec.convert(content["server_version"], type=str)
    return Checkup(
        header=Header(format_version=FORMAT_VERSION, collector="", clock=msgspec.convert(content["seen_at"], type=str)),
        server=Server(
            version_num=_version_num(version),
            version=version,
            database=msgspec.convert(content["database"], type=str),
            database_oid=msgspec.convert(content.get("database_oid", 0), type=int),
            system_identifier=msgspec.convert(content.get("system_identifier", ""), type=str),
        ),
        grade=msgspec.convert(content["grade"], type=Grade),
        kpis=msgspec.convert(content.get("kpis", ()), type=tuple[Kpi, ...]),
        findings=_findings(content["findings"]),
        blind_spots=msgspec.convert(content.get("blind_spots", ()), type=tuple[BlindSpot, ...]),
        examined=msgspec.convert(content.get("examined", ()), type=tuple[str, ...]),
        set_aside=tuple(
            SetAside(finding=finding, is_known=True) for finding in _findings(content.get("set_aside", ()))
        ),
        thresholds=msgspec.convert(content.get("thresholds", ()), type=tuple[SetThreshold, ...]),
    )


def _findings(items: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(_finding(item) for item in items)


def _finding(item: Mapping[str, Any]) -> Finding:
    return Finding(
        check=msgspec.convert(item["check"], type=str),
        severity=_SEVERITIES[item["severity"]],
        object=msgspec.convert(item["object"], type=ObjectName),
        summary=msgspec.convert(item["summary"], type=str),
        advice=msgspec.convert(item["advice"], type=str),
        burden=msgspec.convert(item.get("burden", 1.0), type=float),
    )


def _version_num(version: str) -> int:
    """As the server counts: 180006 for ``18.6``; 0 for what cannot be told."""
    found = _VERSION.match(version)
    return int(found[1]) * 10_000 + int(found[2] or 0) if found else 0
