"""A workload that can be run, from SQL files that people write.

A file is a task: what one action of a user asks, statement by statement. Comments before a statement say more::

    -- task: dashboard page              the task's name (else the file's), once, before the first statement
    -- weight: 10                        how often the task is run against others, once, likewise

    -- name: calls of a phone number     the statement's name in reports
    -- parameters: select phone_number   a query whose rows are values for $1 ... $n, column by column; give it an
    --     from calls order by 1         order, so that two runs use the same; deeper lines continue it
    -- repeat: 100                       so many executions in a row, each with the next row of parameters
    -- setup: set local role staff       run before the statement, not timed; may be given several times
    select * from calls where phone_number = $1;

Other comments are left alone. A file without any such comments is a task too.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.workload import Step, Task, WorkloadScript
from pgclinic.sql import statements

_DIRECTIVE = re.compile(r"--\s*(task|weight|name|parameters|repeat|setup)\s*:\s*(.*)")
_CONTINUATION = re.compile(r"--\s{3,}(\S.*)")
_MOST_REPEATS = 1_000_000
_VERBS = frozenset({"select", "insert", "update", "delete", "merge"})


class _Comments(msgspec.Struct):
    """What the comments before one statement say."""

    values: dict[str, list[str]]

    def one(self, directive: str, default: str = "") -> str:
        return self.values.get(directive, [default])[-1].strip()


def parse_script(name_to_text: Mapping[str, str], *, source: str = "") -> WorkloadScript:
    """Tasks from the texts of files, in order of their names; ``source`` tells people where they came from.

    Raises UserError naming the file for a text that is not SQL, a directive with an impossible value, a statement
    that cannot be measured, or one name given to two different statements.
    """
    tasks = [_task(name, text) for name, text in sorted(name_to_text.items())]
    tasks = [task for task in tasks if task.steps]
    if not tasks:
        raise UserError(
            f"There is no statement in the workload {source or 'files'}; give a .sql file or a folder of them."
        )
    _refuse_ambiguity(tasks)
    return WorkloadScript(source=source, tasks=tuple(sorted(tasks, key=lambda task: task.name)))


def _task(file: str, text: str) -> Task:
    try:
        pieces = [_comments_and_sql(piece) for piece in statements.split(text)]
    except statements.UnreadableSqlError as error:
        raise UserError(f"The workload file {file} is not SQL: {error}.") from error
    pieces = [(comments, sql) for comments, sql in pieces if sql]
    first = pieces[0][0] if pieces else _Comments({})
    name = first.one("task") or PurePath(file).stem.replace("_", " ")
    weight = _number(file, "weight", first.one("weight", "1"))
    steps = [
        _step(file, f"{name} {position}" if len(pieces) > 1 else name, comments, sql)
        for position, (comments, sql) in enumerate(pieces, 1)
    ]
    return Task(name=name, steps=tuple(steps), weight=weight)


def _comments_and_sql(piece: str) -> tuple[_Comments, str]:
    values: dict[str, list[str]] = {}
    last: list[str] | None = None
    lines = piece.splitlines()
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("--")):
        line = lines.pop(0).strip()
        directive, continuation = _DIRECTIVE.match(line), _CONTINUATION.match(line)
        if directive:
            last = values.setdefault(directive[1], [])
            last.append(directive[2])
        elif continuation and last is not None:
            last[-1] += "\n" + continuation[1]
        else:
            last = None
    return _Comments(values), "\n".join(lines).strip()


def _step(file: str, default_name: str, comments: _Comments, sql: str) -> Step:
    name = comments.one("name") or default_name
    kind = _kind(file, name, sql)
    if kind.verb not in _VERBS:
        raise UserError(f"{file}: the statement {name!r} is not a select, insert, update, delete or merge.")
    parameters = comments.one("parameters").rstrip(";")
    if parameters and (_kind(file, name, parameters) != statements.StatementKind("select", writes=False)):
        raise UserError(f"{file}: the parameters of {name!r} must come from one select that only reads.")
    repeat = _number(file, "repeat", comments.one("repeat", "1"))
    if repeat != int(repeat) or repeat > _MOST_REPEATS:
        raise UserError(f"{file}: repeat must be a whole number up to {_MOST_REPEATS:,}, not {comments.one('repeat')}.")
    return Step(
        name=name,
        sql=sql,
        fingerprint=statements.fingerprint(sql),
        parameters_sql=parameters,
        setup=tuple(_setup(file, name, text) for text in comments.values.get("setup", [])),
        repeat=int(repeat),
        writes=kind.writes,
    )


def _setup(file: str, name: str, text: str) -> str:
    text = text.strip().rstrip(";")
    _kind(file, name, text)
    if text.lower().split()[:2] != ["set", "local"]:
        raise UserError(f"{file}: the setup of {name!r} must be 'set local ...', so that it ends with its transaction.")
    return text


def _kind(file: str, name: str, sql: str) -> statements.StatementKind:
    try:
        if len(statements.split(sql)) != 1:
            raise UserError(f"{file}: a comment of {name!r} holds several statements where there must be one.")
        return statements.kind(sql)
    except statements.UnreadableSqlError as error:
        raise UserError(f"{file}: a comment of {name!r} is not SQL: {error}.") from error


def _number(file: str, directive: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise UserError(f"{file}: {directive} must be a number above zero, not {text!r}.")
    return number


def _refuse_ambiguity(tasks: list[Task]) -> None:
    for kind, names in (("statement", _statement_names(tasks)), ("task", ((task.name, task) for task in tasks))):
        seen: dict[str, object] = {}
        for name, meaning in names:
            if seen.setdefault(name, meaning) != meaning:
                raise UserError(f"Two different {kind}s of the workload are called {name!r}; rename one of them.")


def _statement_names(tasks: list[Task]) -> Iterator[tuple[str, object]]:
    return ((step.name, step) for task in tasks for step in task.steps)
