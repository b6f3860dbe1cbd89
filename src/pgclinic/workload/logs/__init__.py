"""What a server's logs tell of: statements as they were run, with their values and durations.

Plain (stderr, also inside syslog), CSV and JSON logs are read, whatever ``log_line_prefix`` is, gzipped or not, line by
line: a log may be larger than the memory. What a log says is confidential and never leaves it.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pgclinic.model.errors import UserError
from pgclinic.model.workload import Omission, SeenStatement
from pgclinic.workload.logs.entry import Entry
from pgclinic.workload.logs.formats import entries_of, in_another_language
from pgclinic.workload.logs.language import language_of
from pgclinic.workload.logs.messages import statements

__all__ = ["read_logs"]

_SUFFIXES = (".json", ".csv", ".log")
"""A server may write the same log in several formats; the first of these is read."""


def read_logs(paths: Sequence[Path]) -> Iterator[SeenStatement | Omission]:
    """Every statement that the logs tell of, as they are read; what cannot be used is an omission.

    A folder means the files in it. Of files that differ only in ``.log``, ``.csv`` and ``.json`` one is read, because
    they hold the same. Raises UserError, one sentence, for a file that is no log of PostgreSQL (inside a folder it is
    an omission), and when nothing in all of them tells of a statement.
    """
    complaints: list[str] = []
    found = False
    for path in paths:
        files = _files_in(path)
        if not files:
            complaints.append(f"The folder {path} holds no file; give the folder of the server's logs, or a log.")
        for file in files:
            watch = _Watch()
            try:
                for seen in statements(watch.over(entries_of(file))):
                    found = found or isinstance(seen, SeenStatement)
                    watch.tells = watch.tells or isinstance(seen, SeenStatement)
                    yield seen
            except UserError as error:
                if file == path:
                    raise
                complaints.append(str(error))
                continue
            if not watch.tells:
                complaints.append(watch.complaint(file))
    if not found:
        raise UserError(complaints[0] if complaints else "No log was given.")
    for complaint in complaints:
        yield Omission("a log", complaint.rstrip("."))


class _Watch:
    """What a log without statements in it does hold."""

    def __init__(self) -> None:
        self.tells = False
        self.language = ""

    def over(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if not (self.tells or self.language):
                self.language = language_of(entry.message)
            yield entry

    def complaint(self, file: Path) -> str:
        if self.language:
            return in_another_language(file, self.language)
        return (
            f"The log {file} tells of no statement; set log_min_duration_statement on the server"
            " (0 logs all of them) and collect a new one."
        )


def _files_in(path: Path) -> tuple[Path, ...]:
    """The file itself, or those of a folder in order of their names, without a second format of the same log."""
    try:
        if not path.is_dir():
            return (path,)
        files = sorted(file for file in path.iterdir() if file.is_file())
    except OSError as error:
        raise UserError(f"Cannot read the log {path}: {error.strerror or error}.") from error
    best: dict[str, Path] = {}
    for file in files:
        name = file.name.removesuffix(".gz")
        stem = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
        best[stem] = min(best.get(stem, file), file, key=_rank)
    return tuple(sorted(best.values()))


def _rank(file: Path) -> int:
    suffix = Path(file.name.removesuffix(".gz")).suffix
    return _SUFFIXES.index(suffix) if suffix in _SUFFIXES else len(_SUFFIXES)
