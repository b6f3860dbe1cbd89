"""The difference between two visits as one JSON document. Field names are a contract: see ``contract_version``."""

from typing import Any

import msgspec

from pgclinic.model.difference import Difference, FindingChange, Remark, StatementChange
from pgclinic.report.checkup_json import dump
from pgclinic.report.difference_words import schema_trend, verdict
from pgclinic.report.sentences import sentence


def encode(difference: Difference) -> str:
    """The document, indented, in ASCII; ``is_worse`` is what the exit code says."""
    fields = msgspec.to_builtins(difference)
    del fields["contract_version"]
    return dump(
        {
            "contract_version": difference.contract_version,
            "verdict": verdict(difference),
            **fields,
            "remarks": [_remark(remark) for remark in difference.remarks],
            "findings": [_finding(change) for change in difference.findings],
            "statements": _all(difference.statements, _statement),
            "schema": _all(difference.schema, lambda each: {"change": schema_trend(each), **msgspec.to_builtins(each)}),
        }
    )


def _all(items: Any, written: Any) -> list[Any] | None:  # noqa: ANN401 - changes of any kind
    return None if items is None else [written(each) for each in items]


def _remark(remark: Remark) -> str:
    return sentence(remark.text, remark.facts)


def _finding(change: FindingChange) -> dict[str, Any]:
    finding = change.finding
    return {
        "trend": change.trend.value,
        "before": None if change.before is None else change.before.name.lower(),
        "after": None if change.after is None else change.after.name.lower(),
        "check": finding.check,
        "fingerprint": finding.fingerprint,
        "object": msgspec.to_builtins(finding.object),
        "summary": sentence(finding.summary, finding.facts),
        "advice": sentence(finding.advice, finding.facts),
        "burden": finding.burden,
    }


def _statement(change: StatementChange) -> dict[str, Any]:
    return {**msgspec.to_builtins(change), "times": change.times}
