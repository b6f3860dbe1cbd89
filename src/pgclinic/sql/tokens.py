"""The lexer's view of a text: where each token begins and ends, and what it is."""

from collections.abc import Iterable

import msgspec
import postgast

from pgclinic.sql.statements import UnreadableSqlError

TEXTS = frozenset({"SCONST", "USCONST", "BCONST", "XCONST"})
NUMBERS = frozenset({"ICONST", "FCONST"})
COMMENTS = frozenset({"SQL_COMMENT", "C_COMMENT"})


class Token(msgspec.Struct, frozen=True):
    """A token by its bytes in the UTF-8 text, and its name in PostgreSQL's grammar (``SCONST``, ``IDENT`` …)."""

    start: int
    end: int
    kind: str


def tokens_of(sql: str) -> tuple[Token, ...]:
    """Every token in order, comments included. Raises UnreadableSqlError where a quote or comment does not end."""
    try:
        found = postgast.scan(sql).tokens
    except postgast.PgQueryError as error:
        raise UnreadableSqlError(str(error)) from error
    if not found:
        return ()
    kinds = found[0].DESCRIPTOR.fields_by_name["token"].enum_type.values_by_number
    return tuple(
        # The scanner hands single characters on as they are, also those that the grammar has no name for.
        Token(token.start, token.end, kinds[token.token].name if token.token in kinds else f"ASCII_{token.token}")
        for token in found
    )


def replaced(sql: str, replacements: Iterable[tuple[Token, str]]) -> str:
    """The text with each of these tokens, in order, replaced."""
    encoded = sql.encode()
    pieces: list[bytes] = []
    end = 0
    for token, text in replacements:
        pieces += [encoded[end : token.start], text.encode()]
        end = token.end
    return b"".join([*pieces, encoded[end:]]).decode()
