"""A statement's shape: its text with every value, and every list of values, replaced by one sign.

A tokenizer, not a parser: it never fails, and takes time in proportion to the text, whatever the text is. The lexical
rules are those of https://www.postgresql.org/docs/current/sql-syntax-lexical.html, with the placeholders of drivers.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

VALUE = "?"
# Possessive repetitions (*+) never go back, so that a quote that is not closed is read once.
_TOKEN = re.compile(
    r"""
      (?P<space>\s++)
    | (?P<line>--[^\n]*+)
    | (?P<block>/\*)
    | (?P<escaped>[eE]'(?:[^'\\]|''|\\.)*+'?)
    | (?P<text>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*+'?)
    | (?P<name>(?:[uU]&)?"(?:[^"]|"")*+"?)
    | (?P<parameter>\$\d++|%s|%b|%t|%\(\w++\)[sbt]|(?<!:):[A-Za-z_]\w*+)
    | (?P<dollar>\$(?:[^\W\d]\w*+)?\$)
    | (?P<number>(?:\d[\w.]*+|\.\d\w*+)(?:(?<=[eE])[-+]\d++)?)
    | (?P<word>[^\W\d][\w$]*+)
    | (?P<sign>::|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LIST = [VALUE, ","]
_ROWS = ["(", VALUE, ")", ",", "(", VALUE, ")"]


@lru_cache(maxsize=2048)
def shape(statement: str) -> str:
    """The shape: comments gone, words in lower case, one space between tokens."""
    tokens: list[str] = []
    for token in _tokens(statement):
        if token == VALUE and tokens[-2:] == _LIST:
            tokens.pop()
            continue
        tokens.append(token)
        if tokens[-7:] == _ROWS:
            del tokens[-4:]
    return " ".join(tokens)


def _tokens(statement: str) -> Iterator[str]:
    place = 0
    while match := _TOKEN.match(statement, place):
        kind, text, place = match.lastgroup, match.group(), match.end()
        if kind == "block":
            place = _end_of_comment(statement, place)
        elif kind == "dollar":
            found = statement.find(text, place)
            place = len(statement) if found < 0 else found + len(text)
            yield VALUE
        elif kind in {"escaped", "text", "parameter", "number"}:
            yield VALUE
        elif kind == "word":
            yield text.lower()
        elif kind in {"name", "sign"}:
            yield text


def _end_of_comment(statement: str, place: int) -> int:
    """PostgreSQL's comments nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(statement, place):
        depth += 1 if edge.group() == "/*" else -1
        if not depth:
            return edge.end()
    return len(statement)
