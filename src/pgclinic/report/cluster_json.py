"""Checkups of several databases as one JSON document."""

from collections.abc import Sequence

from pgclinic.model.checkup import Checkup
from pgclinic.model.cluster import DatabaseVisit
from pgclinic.report.checkup_json import document, dump

CONTRACT_VERSION = "1"


def encode(visits: Sequence[DatabaseVisit[Checkup]]) -> str:
    """``databases`` are documents as ``checkup_json`` makes them; ``not_entered`` names the others, with the reason."""
    return dump(
        {
            "contract_version": CONTRACT_VERSION,
            "databases": [document(visit.result) for visit in visits if visit.result],
            "not_entered": [
                {"database": visit.database, "reason": visit.refusal} for visit in visits if visit.result is None
            ],
        }
    )
