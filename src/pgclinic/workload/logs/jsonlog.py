"""PostgreSQL's log as JSON, one object a line (since version 15).

Source: ``write_jsonlog`` in PostgreSQL's src/backend/utils/error/jsonlog.c.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pgclinic.workload.logs.entry import Entry


class _Record(msgspec.Struct, frozen=True):
    error_severity: str
    timestamp: str
    message: str = ""
    detail: str = ""
    context: str = ""
    pid: int = 0
    user: str = ""
    dbname: str = ""
    application_name: str = ""


_decoder = msgspec.json.Decoder(_Record)


def recognises(line: str) -> bool:
    """Whether a line is a record."""
    return _read(line) is not None


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The messages in order. Lines that are damaged are passed over."""
    for line in lines:
        record = _read(line)
        if record is not None:
            yield Entry(
                severity=record.error_severity,
                message=record.message,
                detail=record.detail,
                context=record.context,
                process=str(record.pid or ""),
                database=record.dbname,
                role=record.user,
                application=record.application_name,
            )


def _read(line: str) -> _Record | None:
    if not line.startswith("{"):
        return None
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError:
        return None
