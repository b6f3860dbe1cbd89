"""What of a session an expression or a function's text reads: settings, and who is asking."""

from collections.abc import Iterator

from pgclinic.sql.tokens import TEXTS, tokens_of

_WHO = frozenset({"CURRENT_USER", "CURRENT_ROLE", "SESSION_USER", "USER", "SYSTEM_USER"})


def settings_read(text: str) -> frozenset[str]:
    """Names that ``current_setting('…')`` is called with as a constant. Raises UnreadableSqlError."""
    return frozenset(_settings(text))


def names_the_role(text: str) -> bool:
    """Whether ``current_user`` or one of its kin stands anywhere in it. Raises UnreadableSqlError."""
    encoded = text.encode()
    return any(
        token.kind in _WHO or (token.kind in TEXTS and _is_body(piece) and names_the_role(_inside(piece)))
        for token in tokens_of(text)
        for piece in [encoded[token.start : token.end].decode()]
    )


def _settings(text: str) -> Iterator[str]:
    encoded = text.encode()
    words = [(token.kind, encoded[token.start : token.end].decode()) for token in tokens_of(text)]
    for place, (kind, word) in enumerate(words):
        if kind in TEXTS and _is_body(word):
            yield from _settings(_inside(word))
        elif word.lower() == "current_setting" and place + 2 < len(words) and words[place + 2][0] in TEXTS:
            yield words[place + 2][1].strip("'")


def _is_body(literal: str) -> bool:
    """A function's text stands between dollars."""
    return literal.startswith("$") and literal.count("$") >= len("$$$$")


def _inside(literal: str) -> str:
    tag = literal[: literal.index("$", 1) + 1]
    return literal.removeprefix(tag).removesuffix(tag)
