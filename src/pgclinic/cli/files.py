"""Files that verbs exchange: workloads, prescriptions, runs. What does not fit is said in one sentence."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pgclinic.cli.output import is_folder, say, write_file
from pgclinic.model.errors import UserError
from pgclinic.model.files import read_limited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgclinic.model.prescription import Course
    from pgclinic.model.proof import Run
    from pgclinic.model.stack import StackPlan
    from pgclinic.model.workload import WorkloadScript
    from pgclinic.verbs.review import SourceText

PRESCRIPTION = "prescription.json"
PAGE = "prescription.html"
_LARGEST_FILE = 64 << 20


def read_script(path: Path) -> "WorkloadScript":
    """The workload of a file, or of every ``.sql`` file of a folder."""
    from pgclinic.workload.script import parse_script

    files = sorted(path.glob("*.sql")) if is_folder(path) else [path]
    if not files:
        raise UserError(f"{path} holds no .sql file; a workload is a folder of SQL files or one such file.")
    texts = {file.name: _text(file) for file in files}
    return parse_script(texts, source=str(path))


def read_query(path: Path) -> "WorkloadScript":
    """The statements of a file, or of stdin for ``-``."""
    from pgclinic.workload.script import parse_script

    if str(path) != "-":
        return parse_script({path.name: _text(path)}, source=str(path))
    content = _stdin("query")
    try:
        return parse_script({"query": content.decode()}, source="stdin")
    except UnicodeDecodeError as error:
        raise UserError("The query on stdin is not a text in UTF-8.") from error


def read_plan(path: Path) -> str:
    """The text of a plan from a file, or from stdin for ``-``; UTF-16, as Windows' shells write it, is read too."""
    content = _stdin("plan") if str(path) == "-" else read_limited(path, "plan", _LARGEST_FILE)
    name = "on stdin" if str(path) == "-" else str(path)
    try:
        return content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"The plan {name} is not a text in UTF-8.") from error


def read_migrations(names: "Sequence[str]") -> "tuple[SourceText, ...]":
    """Migrations in their order, ``-`` from stdin."""
    from pgclinic.verbs.review import SourceText

    return tuple(SourceText(_migration_name(name), _migration(name)) for name in names)


def _migration_name(name: str) -> str:
    return "stdin" if name == "-" else name


def _migration(name: str) -> str:
    content = _stdin("migration") if name == "-" else read_limited(Path(name), "migration", _LARGEST_FILE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"The migration {_migration_name(name)} is not a text in UTF-8.") from error
    if "\0" in text:
        raise UserError(f"The migration {_migration_name(name)} holds a zero byte, and no SQL does.")
    return text


def read_course(path: Path) -> "Course":
    """The course in a prescription's JSON file, or in the folder that prescribe wrote."""
    from pgclinic.report.course_json import decode

    file = path / PRESCRIPTION if is_folder(path) else path
    try:
        return decode(read_limited(file, "prescription", _LARGEST_FILE))
    except UserError as error:
        raise error if str(file) in str(error) else UserError(f"{file}: {error}") from error


def write_course(course: "Course", folder: Path) -> None:
    """Write the migration, its way back, what ``treat`` reads, and a page about it."""
    from pgclinic.report.course_html import page
    from pgclinic.report.course_json import encode
    from pgclinic.report.course_sql import down, up

    make_folder(folder)
    files = {
        "up.sql": up(course).encode(),
        "down.sql": down(course).encode(),
        PRESCRIPTION: encode(course),
        PAGE: page(course).encode(),
    }
    for name, content in files.items():
        write_file(folder / name, content)
    *first, last = (str(folder / name) for name in files)
    say(f"wrote {', '.join(first)} and {last}")


def write_migrations(course: "Course", folder: Path, tool: str) -> None:
    """Write the migrations for a tool, and below them what its user has to know."""
    from pgclinic.report.migrations import about, files

    own = folder / "migrations" / tool
    found = files(tool, course)
    for path, content in {**found, "README.txt": about(tool)}.items():
        make_folder((own / path).parent)
        write_file(own / path, content.encode())
    say(f"wrote {len(found)} files for {tool} into {own}" if found else f"nothing to migrate for {tool}")


def write_stack(plan: "StackPlan", folder: Path, *, may_overwrite: bool) -> None:
    """Write the files that run a plan's parts. Raises UserError before the first where one is there already."""
    from pgclinic.report.stack_files import files

    found = files(plan)
    present = [path for path in found if (folder / path).exists()]
    if present and not may_overwrite:
        raise UserError(f"{folder / present[0]} is there already; add --force to overwrite it, or choose another -o.")
    for path, content in found.items():
        make_folder((folder / path).parent)
        write_file(folder / path, content.encode())
        if path.endswith("userlist.txt"):
            (folder / path).chmod(0o600)
    say(f"wrote {len(found)} files into {folder}")


def demand_folder(folder: Path) -> None:
    """Make the folder now, so that hours of work do not end with files that cannot be written. Raises UserError."""
    make_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"Cannot write into {folder}: it is closed to you.")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make the folder {folder}: {error.strerror or error}.") from error


def read_run(path: Path) -> "Run":
    """A run that ``prove --save`` kept."""
    from pgclinic.verbs.prove import decode_run

    return decode_run(read_limited(path, "run", _LARGEST_FILE), name=str(path))


def write_run(run: "Run", path: Path) -> None:
    """Keep a run for ``prove --against``."""
    from pgclinic.verbs.prove import encode_run

    write_file(path, encode_run(run))
    say(f"wrote {path}")


def _text(path: Path) -> str:
    try:
        return read_limited(path, "workload", _LARGEST_FILE).decode()
    except UnicodeDecodeError as error:
        raise UserError(f"The workload {path} is not a text in UTF-8.") from error


def _stdin(what: str) -> bytes:
    content = sys.stdin.buffer.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise UserError(f"What stands on stdin is larger than {_LARGEST_FILE >> 20} MB; that is no {what}.")
    return content
