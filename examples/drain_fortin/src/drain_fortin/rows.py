"""What is written of a call, column by column, whoever writes it."""

from typing import Any

from psycopg.types.json import Jsonb

from drain_fortin import nouns

CALL_COLUMNS = (
    "call_id", "phone_number", "status", "started_at", "ended_at", "duration", "transcript", "analysis", "priority",
    "priority_reason",
)  # fmt: skip
LOG_COLUMNS = ("call_id", "phone_number", "duration", "status", "transcript", "summary", "analysis")
IMPORT_COLUMNS = ("call_id", "phone_number", "started_at", "duration", "priority")


def call_row(report: nouns.CallReport) -> tuple[Any, ...]:
    """Values of ``CALL_COLUMNS``."""
    return (
        report.call_id,
        report.phone_number,
        report.status,
        report.started_at,
        report.ended_at,
        report.duration,
        report.transcript,
        _json(report.analysis),
        report.priority,
        report.priority_reason,
    )


def log_row(report: nouns.CallReport) -> tuple[Any, ...]:
    """Values of ``LOG_COLUMNS``."""
    return (
        report.call_id,
        report.phone_number,
        report.duration,
        report.status,
        _json(report.messages),
        report.summary,
        _json(report.analysis),
    )


def import_row(call: nouns.ImportedCall) -> tuple[Any, ...]:
    """Values of ``IMPORT_COLUMNS``."""
    return (call.call_id, call.phone_number, call.started_at, call.duration, call.priority)


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)
