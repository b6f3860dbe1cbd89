"""A course of treatment as one JSON document, for machines and for ``treat``: what is written is read back equal.

``items[]`` are the prescriptions. Each has ``sql`` and ``undo`` as text, for whoever reads or runs them, and the same
statements one by one with their locks under ``do_steps`` and ``undo_steps``, which ``treat`` uses. ``sql`` is empty
where everything happens in the application; ``when`` and ``risk`` are words.
"""

from typing import Any

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Course, GradeForecast, Prescription, Risk, Statement

_RISKS = {risk.name.lower(): risk.value for risk in Risk}
_VERSION = Course.__struct_defaults__[-1]


def encode(course: Course) -> bytes:
    """The document in UTF-8, indented, ending with a line feed."""
    document = {
        "contract_version": course.contract_version,
        "patient": msgspec.to_builtins(course.patient),
        "cost_left": course.cost_left,
        "grade": msgspec.to_builtins(course.grade),
        "items": [_item(prescription) for prescription in course.prescriptions],
        "objective": course.workload.objective,
        "lower_bound": course.workload.lower_bound,
        "optimality_gap": course.workload.optimality_gap,
        "workload": msgspec.to_builtins(course.workload),
        "tables": msgspec.to_builtins(course.tables),
        "declined": msgspec.to_builtins(course.declined),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode(document: bytes) -> Course:
    """The course that the document holds. Raises UserError when it is something else, or was changed by hand."""
    try:
        content = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"The prescription is not a JSON document ({error}); write it again with prescribe.") from error
    if not isinstance(content, dict) or "items" not in content or "contract_version" not in content:
        raise UserError("The file is JSON but no prescription; give the one that prescribe --format json wrote.")
    if content["contract_version"] != _VERSION:
        raise UserError(
            f"The prescription has contract version {content['contract_version']!r} and this pgclinic reads "
            f"{_VERSION!r}; write it again with this version's prescribe."
        )
    try:
        return Course(
            patient=msgspec.convert(content.get("patient"), type=Course.__annotations__["patient"]),
            prescriptions=tuple(
                _prescription(item) for item in msgspec.convert(content["items"], type=list[dict[str, Any]])
            ),
            workload=msgspec.convert(content.get("workload"), type=Course.__annotations__["workload"]),
            tables=msgspec.convert(content.get("tables", ()), type=Course.__annotations__["tables"]),
            declined=msgspec.convert(content.get("declined", ()), type=Course.__annotations__["declined"]),
            cost_left=msgspec.convert(content.get("cost_left"), type=float | None),
            grade=msgspec.convert(content.get("grade"), type=GradeForecast | None),
        )
    except msgspec.ValidationError as error:
        raise UserError(f"The prescription is damaged ({error}); write it again with prescribe.") from error


def script(statements: tuple[Statement, ...]) -> str:
    """Statements as a text that can be run: each on lines of its own, with its semicolon."""
    return "\n".join(f"{statement.sql};" for statement in statements)


def _item(prescription: Prescription) -> dict[str, Any]:
    fields = msgspec.to_builtins(prescription)
    steps = {"do_steps": fields.pop("do"), "undo_steps": fields.pop("undo")}
    texts = {"sql": script(prescription.do), "undo": script(prescription.undo)}
    fields["risk"] = prescription.risk.name.lower()
    return {"kind": fields.pop("kind"), "fingerprint": prescription.fingerprint, **texts, **fields, **steps}


def _prescription(item: dict[str, Any]) -> Prescription:
    fields = dict(item)
    texts, fingerprint = (fields.pop("sql", None), fields.pop("undo", None)), fields.pop("fingerprint", None)
    fields["do"], fields["undo"] = fields.pop("do_steps", None), fields.pop("undo_steps", None)
    fields["risk"] = _RISKS.get(fields.pop("risk", "low"))
    prescription = msgspec.convert(fields, type=Prescription)
    if (*texts, fingerprint) != (script(prescription.do), script(prescription.undo), prescription.fingerprint):
        raise UserError(
            f"The item for {prescription.object} was changed by hand: its sql, undo and fingerprint are no longer "
            "those of its do_steps and undo_steps; run changed SQL yourself, or write the prescription again."
        )
    return prescription
