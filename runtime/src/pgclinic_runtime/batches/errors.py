"""What can go wrong with rows that were written, and which of the database's errors pass by themselves."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

_logger = logging.getLogger(__name__)

# Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html; a pooler says most of its own as 08P01.
_PASSING_CLASSES = ("08", "40", "53", "57", "58")
# Read-only while a standby is promoted; a lock not to be had in time; a transaction that was idle, or took, too long.
_PASSING = frozenset({"25006", "55P03", "25P03", "25P04"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that the database refused, kept in the ledger: its place in its group, why, and its line (COPY or JSON)."""

    position: int
    sqlstate: str
    reason: str
    row: bytes


class RowsRefusedError(Exception):
    """Rows were set aside, each with its reason; all others of their group are written."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        self.refusals = refusals
        more = f", and {len(refusals) - 1} more" if len(refusals) > 1 else ""
        super().__init__(f"the database refused a row: {refusals[0].reason}{more}")


class GroupFailedError(Exception):
    """A group could not be written: its target is broken, the server stayed away for too long, or the writer was ended.

    ``is_decided`` is False when the connection was lost at COMMIT and nobody could be asked how it ended. With a
    spool the group is tried again when a writer is next opened on it, and never written twice.
    """

    def __init__(self, reason: str, *, is_decided: bool) -> None:
        self.is_decided = is_decided
        super().__init__(reason)


class CommitLostError(Exception):
    """The connection went at COMMIT: only the ledger knows how it ended."""


def tell(on_refused: Callable[[Refusal], None] | None, refusals: Sequence[Refusal]) -> None:
    """Call the application back; what it raises is logged, for the writer has to go on."""
    for refusal in refusals if on_refused else ():
        assert on_refused is not None
        try:
            on_refused(refusal)
        except (Exception, SystemExit):
            _logger.exception("on_refused raised")


class TableChangedError(psycopg.ProgrammingError):
    """The table is not as it was when the connection looked at it: what was written is undone, and written anew."""


def sentence(error: psycopg.Error) -> str:
    """What the server said, in a line."""
    return (error.diag.message_primary or str(error))[:1000]


def is_undone(error: psycopg.Error) -> bool:
    """Whether the server itself said so: it raised an error and the session goes on."""
    return error.sqlstate is not None and error.diag.severity_nonlocalized == "ERROR"


def passes(error: BaseException) -> bool:
    """Whether to try again, perhaps on a new connection: lost connections, deadlocks, resources, fail-over."""
    if isinstance(error, TableChangedError):
        return True
    if not isinstance(error, psycopg.Error):
        return isinstance(error, (OSError, CommitLostError))
    if error.sqlstate is None:
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return error.sqlstate[:2] in _PASSING_CLASSES or error.sqlstate in _PASSING
