"""A migration file as psql reads it: statements with their lines, without psql's own commands and COPY's data.

Only what is not SQL is found here by its letters: quotes, comments, backslash commands, data after COPY … FROM STDIN,
and the sections that tools keep in one file (dbmate, goose, sql-migrate). Everything else is the parser's.
"""

import re

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.sql.statements import UnreadableSqlError, parsed

_QUOTED = re.compile(
    r"(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
    r"|(?<![\w$])\$\$.*?\$\$|(?<![\w$])\$(?P<tag>[^\W\d]\w*)\$.*?\$(?P=tag)\$",
    re.DOTALL,
)
_COMMENT = re.compile(r"--[^\n]*")
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_PLAIN = re.compile(r"[^'\"$eE\\;/-]+")
_COMMAND = re.compile(r"\\([a-zA-Z_]*|.)")
_END_OF_DATA = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_NOT_BLANK = re.compile(r"[^\n]")
_HARMLESS = frozenset(
    {"a", "echo", "encoding", "errverbose", "pset", "qecho", "restrict", "set", "t", "timing", "unrestrict", "unset"}
    | {"warn", "x"}
)
"""Commands of psql that change nothing in the database."""
_SECTION = re.compile(r"--\s*(?:migrate:|\+goose\s+|\+migrate\s+)(up|down|no transaction)\b(.*)", re.IGNORECASE)
_IGNORE = re.compile(r"--\s*pgclinic:\s*ignore\s+([a-z_, ]+)")


class FileStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as it is written; ``line`` is that of its first word. ``has_data``: rows for its COPY follow it."""

    line: int
    sql: str
    has_data: bool = False
    ignores: frozenset[str] = frozenset()


class MigrationFile(msgspec.Struct, frozen=True):
    """What a file holds. ``in_transaction``: the tool that it is written for wraps it in one."""

    statements: tuple[FileStatement, ...]
    in_transaction: bool = False


def read(text: str, name: str) -> MigrationFile:
    """The statements of a file. Raises UserError, naming file and line, for psql commands that cannot be followed."""
    scan = _Scan(text.removeprefix("\ufeff").replace("\r\n", "\n"), name)
    scan.run()
    return MigrationFile(tuple(scan.statements()), scan.in_transaction)


class _Scan:
    """One pass over the text. ``ends`` are the positions of semicolons outside of quotes."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.blanks: list[tuple[int, int]] = []
        self.ends: list[int] = []
        self.data: set[int] = set()
        self.in_transaction = False
        self._down: int | None = None

    def run(self) -> None:
        position, length = 0, len(self.text)
        while position < length:
            position = self._step(position)
        if self._down is not None:
            self.blanks.append((self._down, length))
        self.clean = self._cleaned()

    def _step(self, position: int) -> int:
        text = self.text
        if found := _PLAIN.match(text, position) or _QUOTED.match(text, position):
            return found.end()
        if found := _COMMENT.match(text, position):
            self._section(found)
            return found.end()
        if text.startswith("/*", position):
            return self._past_block(position)
        if text[position] == "\\":
            return self._command(position)
        if text[position] == ";":
            start = self.ends[-1] + 1 if self.ends else 0
            self.ends.append(position)
            if self._is_copy_of_data(start, position):
                return self._past_data(position)
        return position + 1

    def _past_block(self, position: int) -> int:
        depth = 0
        for edge in _BLOCK_EDGE.finditer(self.text, position):
            depth += 1 if edge[0] == "/*" else -1
            if depth == 0:
                return edge.end()
        return len(self.text)

    def _section(self, comment: re.Match[str]) -> None:
        found = _SECTION.match(comment[0])
        if found is None:
            return
        word, rest = found[1].lower(), found[2].lower()
        if word == "down":
            self._down = comment.start() if self._down is None else self._down
            return
        if word == "up":
            self.in_transaction = not ("transaction:false" in rest.replace(" ", "") or "notransaction" in rest)
            if self._down is not None:
                self.blanks.append((self._down, comment.start()))
                self._down = None
        elif self._down is None:
            self.in_transaction = False

    def _command(self, position: int) -> int:
        found = _COMMAND.match(self.text, position)
        command = found[1] if found else ""
        if command not in _HARMLESS:
            raise UserError(
                f"{self.name}:{self._line(position)}: review cannot follow psql's \\{command}; "
                "take it out, or give the SQL that it leads to as a file of its own."
            )
        end = self.text.find("\n", position)
        end = len(self.text) if end < 0 else end
        self.blanks.append((position, end))
        return end

    def _is_copy_of_data(self, start: int, end: int) -> bool:
        if "stdin" not in self.text[start:end].lower():
            return False
        try:
            nodes = [each.stmt for each in parsed(self._cleaned()[start:end]).stmts]
        except UnreadableSqlError:
            return False
        return bool(nodes) and nodes[-1].WhichOneof("node") == "copy_stmt" and nodes[-1].copy_stmt.is_from

    def _past_data(self, position: int) -> int:
        end = _END_OF_DATA.search(self.text, position)
        if end is None:
            raise UserError(
                f"{self.name}:{self._line(position)}: the rows of COPY … FROM STDIN have no end; "
                "close them with a line that holds \\. and nothing else."
            )
        self.data.add(position)
        self.blanks.append((position + 1, end.end()))
        return end.end()

    def _line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def _cleaned(self) -> str:
        pieces, end = [], 0
        for start, stop in sorted(self.blanks):
            if stop <= end:
                continue
            first = max(start, end)
            pieces += [self.text[end:first], _NOT_BLANK.sub(" ", self.text[first:stop])]
            end = stop
        return "".join([*pieces, self.text[end:]])

    def statements(self) -> list[FileStatement]:
        found = []
        for start, stop in self._bounds():
            piece = self.clean[start:stop]
            body = piece[_lead(piece) :].rstrip()
            if not body:
                continue
            comments = piece[: _lead(piece)]
            ignores = {name for each in _IGNORE.findall(comments) for name in re.split(r"[ ,]+", each) if name}
            found.append(
                FileStatement(
                    line=self._line(start + _lead(piece)),
                    sql=body,
                    has_data=stop in self.data,
                    ignores=frozenset(ignores),
                )
            )
        return found

    def _bounds(self) -> list[tuple[int, int]]:
        """Where statements begin and end, as the parser says; by semicolons in a text that it does not take."""
        try:
            tree = parsed(self.clean)
        except UnreadableSqlError:
            edges = [*self.ends, len(self.clean)]
            return [(first, last) for first, last in zip([0, *(end + 1 for end in edges)], edges, strict=False)]
        encoded, bounds, start = self.clean.encode(), [], 0
        for statement in tree.stmts:
            end = statement.stmt_location + statement.stmt_len if statement.stmt_len else len(encoded)
            bounds.append((len(encoded[:start].decode()), len(encoded[:end].decode())))
            start = end + 1
        return bounds


def _lead(piece: str) -> int:
    """Where the first word stands, behind white space and comments."""
    position = 0
    while position < len(piece):
        if piece[position].isspace():
            position += 1
        elif found := _COMMENT.match(piece, position):
            position = found.end()
        elif piece.startswith("/*", position):
            depth = 0
            for edge in _BLOCK_EDGE.finditer(piece, position):
                depth += 1 if edge[0] == "/*" else -1
                if depth == 0:
                    position = edge.end()
                    break
            else:
                return len(piece)
        else:
            break
    return position
