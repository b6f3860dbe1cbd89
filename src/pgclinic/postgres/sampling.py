"""Statements as they are caught running: ``pg_stat_activity`` looked at again and again from one session."""

import time
from collections.abc import Callable, Generator

import msgspec
import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.workload import Omission, SeenStatement
from pgclinic.postgres.connect import open_session
from pgclinic.probes.scope import MARKER

INTERVAL = 0.1
"""Seconds between two looks."""
MOST_STATEMENTS = 100_000
"""Executions that are kept; sampling ends when there are more."""

_HIDDEN = "<insufficient privilege>"
_QUESTION = f"""{MARKER}
select a.pid, pg_catalog.to_json(a.query_start) #>> '{{}}' as query_start, coalesce(a.query, ''),
       coalesce(a.usename::text, ''), coalesce(a.application_name, ''),
       pg_catalog.octet_length(coalesce(a.query, '')) > (
         select s.setting::pg_catalog.int8 - 5 from pg_catalog.pg_settings s where s.name = 'track_activity_query_size'
       ) as is_cut
from pg_catalog.pg_stat_activity a
where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid()
  and (a.state = 'active' and a.backend_type = 'client backend' or a.query = '{_HIDDEN}')
order by a.pid
{MARKER}"""


class _Execution(msgspec.Struct):
    """One execution and in how many looks it was running."""

    sql: str
    role: str
    application: str
    is_cut: bool
    looks: int = 1


def sampled(
    conninfo: str, seconds: float, *, interval: float = INTERVAL, is_over: Callable[[], bool] = lambda: False
) -> Generator[Progress, None, tuple[SeenStatement | Omission, ...]]:
    """What runs in the database during the next ``seconds``, in the order in which it was first seen.

    ``is_over`` may end it sooner.

    A statement's duration is the number of looks that it was caught in times the seconds between two of them: what is
    quick is rarely caught, but then for too long, so that sums are right on average and numbers of calls too small.
    Texts that the server cut (``track_activity_query_size``) and those of roles that the visitor may not see are
    omissions. Raises UserError when the connection is lost or the server refuses.
    """
    found: dict[tuple[int, str], _Execution] = {}
    hidden = looks = 0
    begin = time.monotonic()
    try:
        with open_session(conninfo) as session:
            while (elapsed := time.monotonic() - begin) < seconds and len(found) < MOST_STATEMENTS and not is_over():
                yield Progress("watching what runs", int(elapsed), int(seconds))
                rows = session.execute(_QUESTION).fetchall()
                hidden = max(hidden, _note(found, rows))
                looks += 1
                time.sleep(interval)
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
        raise UserError(f"Sampling ended early: {reason}; run it again, or leave --sample away.") from error
    between_ms = (time.monotonic() - begin) * 1000 / max(looks, 1)
    seen = [_seen(execution, execution.looks * between_ms) for execution in found.values()]
    if hidden:
        seen.append(Omission("statements of other roles", "they are hidden: grant pg_read_all_stats to see them"))
    return tuple(seen)


def _seen(execution: _Execution, ms: float) -> SeenStatement | Omission:
    if execution.is_cut:
        return Omission("a statement", "the server cut its text: raise track_activity_query_size", ms)
    return SeenStatement(sql=execution.sql, duration_ms=ms, role=execution.role, application=execution.application)


def _note(found: dict[tuple[int, str], _Execution], rows: "list[psycopg.rows.TupleRow]") -> int:
    """Count what one look saw; returns how many sessions were hidden from it."""
    hidden = 0
    for process, started, text, role, application, is_cut in rows:
        if text == _HIDDEN:
            hidden += 1
        elif text.strip() and not text.startswith(MARKER):
            known = found.get((process, started))
            if known is not None and known.sql == text:
                known.looks += 1
            else:
                found[process, started] = _Execution(text, role, application, is_cut)
    return hidden
