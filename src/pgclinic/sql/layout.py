"""Statements as people like to read them, and with parameters spelled as drivers want them."""

from collections.abc import Callable

from pgclinic.sql.tokens import NUMBERS, TEXTS, Token, tokens_of

_CLAUSES = frozenset({"SELECT", "FROM", "WHERE", "GROUP_P", "HAVING", "ORDER", "LIMIT", "OFFSET", "RETURNING", "UNION"})
_JOINS = frozenset({"JOIN", "CROSS", "LEFT", "INNER_P"})
_OPENING, _CLOSING = "ASCII_40", "ASCII_41"


def laid_out(sql: str, indent: str = "") -> str:
    """The statement with its keywords in lower case and each clause on a line of its own; libpg_query writes neither.

    ``indent`` goes before each line: nobody else may do that, for a line may be in the middle of a text.
    Raises UnreadableSqlError.
    """
    tokens = tokens_of(sql)
    encoded = sql.encode()
    pieces: list[str] = [indent]
    depth = end = 0
    for position, token in enumerate(tokens):
        gap = encoded[end : token.start].decode()
        following = tokens[position + 1].kind if position + 1 < len(tokens) else ""
        begins = depth == 0 and position and _begins_clause(token, following, tokens[position - 1].kind)
        pieces += [f"\n{indent}" if begins else gap, _lowered(token, encoded[token.start : token.end].decode())]
        depth += (token.kind == _OPENING) - (token.kind == _CLOSING)
        end = token.end
    return "".join(pieces)


def _begins_clause(token: Token, following: str, before: str) -> bool:
    if token.kind == "ON":
        return following == "CONFLICT"
    if token.kind == "JOIN":
        return before not in {"CROSS", "LEFT", "INNER_P", "OUTER_P"}
    return token.kind in _CLAUSES | _JOINS and before not in {"DISTINCT", "IS", "DELETE_P"}


def _lowered(token: Token, text: str) -> str:
    """Names in capitals are quoted, so that what is bare and in capitals is a keyword."""
    is_word = text[:1].isalpha() and token.kind not in TEXTS | NUMBERS
    return text.lower() if is_word and text.isupper() else text


def respelled(sql: str, spell: Callable[[int], str], *, percent: str = "%") -> str:
    """The statement with ``spell(n)`` for each ``$n``, and ``percent`` for each ``%``.

    Raises UnreadableSqlError.
    """
    encoded = sql.encode()
    pieces: list[str] = []
    end = 0
    for token in tokens_of(sql):
        text = encoded[token.start : token.end].decode()
        pieces.append(encoded[end : token.start].decode())
        pieces.append(spell(int(text[1:])) if token.kind == "PARAM" else text.replace("%", percent))
        end = token.end
    return "".join([*pieces, encoded[end:].decode()])
