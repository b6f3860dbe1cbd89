"""Treatments and their status as one JSON document, for machines."""

from typing import Any

import msgspec

from pgclinic.model.preflight import Preflight
from pgclinic.model.treatment import JournalEntry, Status, Treatment
from pgclinic.report.checkup_json import dump
from pgclinic.report.course_json import script
from pgclinic.report.sentences import sentence

_VERSION = "1"


def encode(treatment: Treatment, *, dry_run: bool = False) -> str:
    """What was done, or would be: every item with its state, and what was looked at before."""
    return dump(
        {
            "contract_version": _VERSION,
            "treatment": treatment.id,
            "applied_by": treatment.applied_by,
            "dry_run": dry_run,
            "is_complete": treatment.is_complete,
            "longest_wait_ms": treatment.longest_wait_ms,
            "preflight": _preflight(treatment.preflight) if treatment.preflight is not None else None,
            "items": [_entry(number, entry) for number, entry in enumerate(treatment.entries, start=1)],
        }
    )


def encode_status(status: Status) -> str:
    """The journal, what is under way and by whom, and the commands that make sense now."""
    return dump(
        {
            "contract_version": _VERSION,
            "database": status.database,
            "clock": status.clock,
            "is_journalled": status.is_journalled,
            "at_work": status.clinic,
            "items": [_entry(number, entry) for number, entry in enumerate(status.entries, start=1)],
            "underway": msgspec.to_builtins(status.underway),
            "next": [{"command": command, "does": does} for command, does in status.next_steps],
        }
    )


def _entry(number: int, entry: JournalEntry) -> dict[str, Any]:
    fields = msgspec.to_builtins(entry)
    prescription = entry.prescription
    del fields["prescription"], fields["position"], fields["costs"]
    return {
        "item": number,
        "fingerprint": prescription.fingerprint,
        "kind": prescription.kind,
        "object": str(prescription.object),
        "table": str(prescription.table),
        "sql": script(prescription.do),
        "undo": script(prescription.undo),
        "steps_in_all": len(prescription.do),
        **fields,
    }


def _preflight(preflight: Preflight) -> dict[str, Any]:
    return {
        "database": preflight.database,
        "looks": msgspec.to_builtins(preflight.looks),
        "items": [
            {
                "fingerprint": item.prescription.fingerprint,
                "object": str(item.prescription.object),
                "decision": item.decision,
                "reason": item.reason,
                "looks": msgspec.to_builtins(item.looks),
            }
            for item in preflight.items
        ],
        "in_application": [
            {
                "fingerprint": item.fingerprint,
                "object": str(item.object),
                "change": item.application.summary if item.application else sentence(item.reason, item.facts),
            }
            for item in preflight.in_application
        ],
    }
