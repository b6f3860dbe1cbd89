"""Measured runs as one JSON document, for machines."""

from typing import Any

import msgspec

from pgclinic.model.ledger import Ledger
from pgclinic.model.proof import Comparison, Proof, Run
from pgclinic.report.checkup_json import dump
from pgclinic.report.proof_words import conclusion


def encode(run: Run) -> str:
    """A run: ``statements[]``, ``tasks[]`` and ``overall`` with ``p50_ms``, ``p95_ms``, ``p99_ms``."""
    return dump(msgspec.to_builtins(run))


def encode_proof(proof: Proof, booked: Ledger | None = None) -> str:
    """Two runs, and each statement and task of both under ``statements[]`` and ``tasks[]``, with their verdicts."""
    return dump(
        {
            "contract_version": proof.after.contract_version,
            "conclusion": conclusion(proof),
            **msgspec.to_builtins(proof),
            "statements": [_comparison(each) for each in proof.statements],
            "tasks": [_comparison(each) for each in proof.tasks],
            "ledger": msgspec.to_builtins(booked.entries) if booked else [],
        }
    )


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {**msgspec.to_builtins(comparison), "verdict": comparison.verdict.value}
