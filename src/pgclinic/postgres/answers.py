"""What statements returned in a measured run: kept, and hashed when nobody measures.

Hashing takes the processor from what is measured, most of all where client and server are on one machine.
"""

import hashlib
from collections.abc import Callable

from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from pgclinic.workload.latencies import Samples

_MOST_BYTES = 16 << 20
"""Of one session; what is beyond is hashed at once."""


class Answer:
    """The rows of one turn of a statement. Their hash goes to ``samples``, with the ``key`` of its parameters."""

    def __init__(self, samples: Samples, key: Callable[[], str]) -> None:
        self.results: list[PGresult] = []
        self._samples = samples
        self._key = key
        self._digest = 0

    def hash_results(self) -> None:
        """Hash what is kept so far, and let it go."""
        for result in self.results:
            self._digest = (self._digest + rows_digest(result)) % (1 << 64)
        self.results.clear()

    def finish(self) -> None:
        """Hash the rest."""
        self.hash_results()
        self._samples.digests.add((self._key(), f"{self._digest:016x}"))


class Answers:
    """The answers that one session got."""

    def __init__(self) -> None:
        self._kept: list[Answer] = []
        self._bytes = 0

    def add(self, answer: Answer, result: PGresult) -> None:
        """One more result of an answer that is not whole yet."""
        answer.results.append(result)
        self._bytes += _about_bytes(result)
        if self._bytes > _MOST_BYTES:
            answer.hash_results()
            self.finish()

    def keep(self, answer: Answer) -> None:
        """A whole answer."""
        self._kept.append(answer)

    def finish(self) -> None:
        """Hash what is kept, and let it go."""
        for answer in self._kept:
            answer.finish()
        self._kept.clear()
        self._bytes = 0


def _about_bytes(result: PGresult) -> int:
    """Of its values, as if every row were like the first."""
    if not result.ntuples:
        return 0
    return result.ntuples * sum(len(result.get_value(0, column) or b"") for column in range(result.nfields))


def rows_digest(result: PGresult) -> int:
    """The sum of a hash of each row of a result: the same for the same rows in any order."""
    if result.status != ExecStatus.TUPLES_OK:
        return 0
    total = 0
    columns = range(result.nfields)
    for row in range(result.ntuples):
        values = (result.get_value(row, column) for column in columns)
        text = b"\x1f".join(b"\x1e" if value is None else value for value in values)
        total += int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())
    return total
