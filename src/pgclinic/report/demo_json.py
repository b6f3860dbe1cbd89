"""The demo's result as one JSON document, for machines."""

from typing import Any

import msgspec

from pgclinic.model.checkup import Checkup
from pgclinic.model.demonstration import Demonstration
from pgclinic.model.proof import Comparison
from pgclinic.report.checkup_json import dump
from pgclinic.report.proof_words import conclusion, pages

_PERCENTILES = ("p50_ms", "p95_ms", "p99_ms")


def encode(result: Demonstration) -> str:
    """``grade``, ``statements[]`` and ``tasks[]`` with each percentile before and after, ``rows[]`` of the goals."""
    return dump(
        {
            "contract_version": result.contract_version,
            "scale": result.scale,
            "seed": result.seed,
            "seconds": round(result.seconds, 1),
            "server_version": result.before.server.version,
            "grade": {
                "before": result.before.grade.letter,
                "after": result.after.grade.letter,
                "score_before": result.before.grade.score,
                "score_after": result.after.grade.score,
            },
            "statements": [_comparison(comparison) for comparison in result.proof.statements],
            "tasks": [_comparison(comparison) for comparison in result.proof.tasks],
            "overall": _comparison(result.proof.overall),
            "rows": [msgspec.to_builtins(goal) for goal in result.goals],
            "findings": {"before": _findings(result.before), "after": _findings(result.after)},
            "prescriptions": [
                {
                    "kind": prescription.kind,
                    "object": str(prescription.object),
                    "sql": [statement.sql for statement in prescription.do],
                    "size_bytes": prescription.size_bytes,
                }
                for prescription in result.course.prescriptions
            ],
            "conclusion": conclusion(result.proof),
            "ledger": msgspec.to_builtins(result.ledger),
            "notes": list(result.notes),
        }
    )


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": comparison.name,
        **{
            percentile: {
                "before": getattr(comparison.before, percentile),
                "after": getattr(comparison.after, percentile),
            }
            for percentile in _PERCENTILES
        },
        "calls": {"before": comparison.before.calls, "after": comparison.after.calls},
        "times_faster": comparison.times_faster,
        "equal_results": comparison.equal_results,
        "verdict": comparison.verdict.value,
        "effects": msgspec.to_builtins(comparison.effects),
        "pages": dict(zip(("before", "after"), pages(comparison), strict=True)),
    }


def _findings(checkup: Checkup) -> list[dict[str, str]]:
    return [
        {
            "check": finding.check,
            "fingerprint": finding.fingerprint,
            "severity": finding.severity.name.lower(),
            "object": str(finding.object),
        }
        for finding in checkup.findings
    ]
