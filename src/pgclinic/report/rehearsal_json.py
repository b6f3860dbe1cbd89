"""A rehearsal as one JSON document, for machines."""

from typing import Any

import msgspec

from pgclinic.model.proof import Comparison
from pgclinic.model.rehearsal import Rehearsal
from pgclinic.report.checkup_json import dump
from pgclinic.report.proof_words import conclusion
from pgclinic.report.rehearsal_words import DISCLAIMER


def encode(rehearsal: Rehearsal) -> str:
    """``made``, ``items[]``, ``statements[]`` with every figure before and after, ``gains[]``. All times rehearsed."""
    proof = rehearsal.proof
    return dump(
        {
            "contract_version": rehearsal.contract_version,
            "provenance": rehearsal.provenance.value,
            "about": DISCLAIMER,
            "conclusion": conclusion(proof),
            "seconds": round(rehearsal.seconds, 1),
            "made": msgspec.to_builtins(rehearsal.made),
            "items": [msgspec.to_builtins(item) for item in rehearsal.items],
            "statements": [_comparison(each) for each in proof.statements],
            "overall": _comparison(proof.overall),
            "gains": msgspec.to_builtins(rehearsal.gains),
            "planned_by": rehearsal.course.workload.planned_by,
        }
    )


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {**msgspec.to_builtins(comparison), "verdict": comparison.verdict.value}
