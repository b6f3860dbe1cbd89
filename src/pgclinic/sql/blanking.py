"""Texts of definitions without the values in them.

What cannot be parsed is left out: a value that might be there must not be kept because nobody recognised it.
"""

from collections.abc import Iterator

import postgast

from pgclinic.sql.statements import UnreadableSqlError, parsed
from pgclinic.sql.tokens import COMMENTS, NUMBERS, TEXTS, Token, replaced, tokens_of
from pgclinic.sql.tree import nodes, strings

_NAMING_TYPES = frozenset(
    {"regclass", "regconfig", "regdictionary", "regproc", "regprocedure", "regtype", "regnamespace", "regrole"}
)
"""A constant of such a type names an object of the catalogs, which is no value."""


_CLOCKS = frozenset({"CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"})
"""Tokens that take a number of digits in parentheses."""


class Blanks:
    """Puts ``$n`` in the place of constants, the same number wherever the same constant stands.

    So two definitions that differ only in a constant still differ, which is what an examiner of duplicates must see.
    ``true``, ``false`` and ``null`` stay. Every method gives None for text that PostgreSQL's grammar does not accept.
    """

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def expression(self, text: str) -> str | None:
        """An expression, such as a predicate or a default."""
        return self.within("select ", text)

    def statement(self, text: str) -> str | None:
        """A whole statement, such as a view's query."""
        return self.within("", text)

    def within(self, beginning: str, text: str) -> str | None:
        """A fragment that becomes a statement behind ``beginning``."""
        whole = beginning + text
        try:
            kept = frozenset(_kept_positions(parsed(whole)))
            tokens = tokens_of(whole)
        except UnreadableSqlError:
            return None
        encoded = whole.encode()
        blanks = (
            (token, self._place(encoded[token.start : token.end]))
            for place, token in enumerate(tokens)
            if token.kind in TEXTS | NUMBERS
            and token.start not in kept
            and not _is_option(encoded, tokens[: place + 1], kept)
        )
        return replaced(whole, blanks)[len(beginning) :]

    def _place(self, constant: bytes) -> str:
        return f"${self._numbers.setdefault(constant, len(self._numbers) + 1)}"


def without_comments(sql: str) -> str:
    """The text without its comments. Raises UnreadableSqlError where one does not end."""
    return replaced(sql, ((token, "") for token in tokens_of(sql) if token.kind in COMMENTS)).strip()


def _kept_positions(tree: postgast.ParseResult) -> Iterator[int]:
    """Where constants stand that are no values: a type's modifiers, names of objects; and where options begin."""
    for node in nodes(tree):
        match node.WhichOneof("node"):
            case "type_cast":
                yield from (part.a_const.location for part in node.type_cast.type_name.typmods)
                if frozenset(strings(node.type_cast.type_name.names)) & _NAMING_TYPES:
                    yield node.type_cast.arg.a_const.location
            case "column_def":
                yield from (part.a_const.location for part in node.column_def.type_name.typmods)
            case "def_elem":
                yield node.def_elem.location


def _is_option(text: bytes, tokens: tuple[Token, ...], options: frozenset[int]) -> bool:
    """Whether the last token says how something is stored or counted: ``fillfactor='70'``, ``modulus 4``."""
    before = tokens[-2:-1]
    if before and text[before[0].start : before[0].end].lower() in {b"modulus", b"remainder"}:
        return tokens[-1].kind == "ICONST"
    return bool(tokens[-3:-2]) and (tokens[-3].start in options or tokens[-3].kind in _CLOCKS)
