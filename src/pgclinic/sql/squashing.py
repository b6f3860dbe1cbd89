"""Lists of constants as pg_stat_statements of PostgreSQL 18 writes them: ``in ($1 /*, ... */)`` for every length."""

from collections.abc import Iterator

import msgspec

from pgclinic.sql.tokens import COMMENTS, Token, tokens_of

SQUASHED = "/*, ... */"
"""What is left of a list after its first element."""

_COMMA, _SEMICOLON = "ASCII_44", "ASCII_59"


class Word(msgspec.Struct, frozen=True):
    """A token with its text; ``is_list`` when it is a parameter that stands for a whole list."""

    kind: str
    text: str
    is_list: bool = False


def squashed_numbers(sql: str) -> frozenset[int]:
    """The parameters of a statement that stand for a whole list, ``in ($1 /*, ... */)``."""
    return frozenset(int(word.text[1:]) for word in words_of(sql) if word.is_list)


def words_of(sql: str) -> list[Word]:
    """The tokens without comments and without the semicolon at the end."""
    encoded = sql.encode()
    words: list[Word] = []
    for token in tokens_of(sql):
        text = encoded[token.start : token.end].decode()
        if token.kind not in COMMENTS:
            words.append(Word(token.kind, text))
        elif text == SQUASHED and words and words[-1].kind == "PARAM":
            words[-1] = Word("PARAM", words[-1].text, is_list=True)
    while words and words[-1].kind == _SEMICOLON:
        words.pop()
    return words


def squash(sql: str) -> str:
    """The statement with each list of parameters, ``in ($1, $2, $3)``, as pg_stat_statements of 18 writes it.

    The parameters are then numbered anew without gaps, in the order of their numbers. A list is left alone when one
    of its parameters stands elsewhere too.
    """
    tokens = [token for token in tokens_of(sql) if token.kind not in COMMENTS]
    encoded = sql.encode()

    def number(token: Token) -> int:
        return int(encoded[token.start + 1 : token.end])

    uses: dict[int, int] = {}
    for token in tokens:
        if token.kind == "PARAM":
            uses[number(token)] = uses.get(number(token), 0) + 1
    spans = [
        (first, last)
        for first, last in _lists(tokens)
        if all(uses[number(token)] == 1 for token in tokens[first : last + 1] if token.kind == "PARAM")
    ]
    if not spans:
        return sql
    dropped = {position for first, last in spans for position in range(first + 1, last + 1)}
    kept = sorted({number(t) for p, t in enumerate(tokens) if t.kind == "PARAM" and p not in dropped})
    renumbered = {old: new for new, old in enumerate(kept, 1)}
    lasts = dict(spans)
    pieces: list[bytes] = []
    end = 0
    for position, token in enumerate(tokens):
        if token.kind == "PARAM" and position not in dropped:
            pieces += [encoded[end : token.start], f"${renumbered[number(token)]}".encode()]
            end = token.end
            if position in lasts:
                pieces.append(f" {SQUASHED}".encode())
                end = tokens[lasts[position]].end
    return b"".join([*pieces, encoded[end:]]).decode()


def _lists(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Where the parameters of each ``in ($1, $2 …)`` of two or more stand: positions of the first and the last."""
    for position, token in enumerate(tokens):
        if token.kind != "IN_P" or position + 1 >= len(tokens) or tokens[position + 1].kind != "ASCII_40":
            continue
        first = end = position + 2
        while end + 1 < len(tokens) and tokens[end].kind == "PARAM" and tokens[end + 1].kind == _COMMA:
            end += 2
        is_list = end > first and end + 1 < len(tokens) and tokens[end].kind == "PARAM"
        if is_list and tokens[end + 1].kind == "ASCII_41":
            yield first, end
