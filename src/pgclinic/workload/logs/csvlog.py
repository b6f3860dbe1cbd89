"""PostgreSQL's log as CSV: 23 columns up to version 12, 24 in 13, 26 since 14, the first 23 always the same.

Source: ``write_csvlog`` in PostgreSQL's src/backend/utils/error/csvlog.c. Python's csv module is not used because a
quote that never ends, as a damaged file may have, makes it read the rest of the file into one field.
"""

import re
from collections.abc import Iterable, Iterator

from pgclinic.workload.logs.entry import Entry
from pgclinic.workload.logs.opening import CUT, LONGEST

_QUOTED = r'(?:"(?:[^"]|"")*")?'
_BEGINNING = re.compile(
    rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}} [^\s,]+,{_QUOTED},{_QUOTED},\d*,{_QUOTED},[0-9a-f.]*,"
)
"""Time, user, database, process, client, session: nothing else looks so, not even a line of somebody's statement."""
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",]*))(,|\Z)')
_ROLE, _DATABASE, _PROCESS, _SEVERITY, _MESSAGE, _DETAIL, _CONTEXT, _APPLICATION = 1, 2, 3, 11, 13, 14, 18, 22
_FEWEST_COLUMNS = 23


def recognises(line: str) -> bool:
    """Whether a line is the first of a record."""
    return _BEGINNING.match(line) is not None


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The messages in order. Records that are damaged are passed over; reading goes on at the next one."""
    record: list[str] = []
    is_open, size = False, 0
    for line in lines:
        if recognises(line):
            # Also where the record before never ended: a log that was rotated or cut in the middle of a statement.
            record, size, is_open = [], 0, False
        elif not is_open:
            continue
        record.append(line)
        size += len(line)
        # Inside a quoted field every quote is doubled, so that an odd number of them means: it goes on.
        is_open ^= line.count('"') % 2 == 1
        if size > LONGEST or line.endswith(CUT):
            is_open = False
        elif not is_open:
            yield from _entry("\n".join(record))


def _entry(record: str) -> Iterator[Entry]:
    fields: list[str] = []
    position = 0
    while found := _FIELD.match(record, position):
        quoted, plain, end = found.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        position = found.end()
        if not end:
            break
    if position != len(record) or len(fields) < _FEWEST_COLUMNS:
        return
    yield Entry(
        severity=fields[_SEVERITY],
        message=fields[_MESSAGE],
        detail=fields[_DETAIL],
        context=fields[_CONTEXT],
        process=fields[_PROCESS],
        database=fields[_DATABASE],
        role=fields[_ROLE],
        application=fields[_APPLICATION],
    )
