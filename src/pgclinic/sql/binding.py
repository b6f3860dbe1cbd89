"""Which constants of a statement stand where another text of it has ``$n``."""

from collections.abc import Sequence

import msgspec

from pgclinic.model.workload import ParameterSet
from pgclinic.sql.arrays import write_array
from pgclinic.sql.constants import Constant, text_constant
from pgclinic.sql.squashing import Word, words_of
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tokens import NUMBERS, TEXTS

_WORDS = {
    "NULL_P": Constant(None),
    "TRUE_P": Constant("true", is_bare=True),
    "FALSE_P": Constant("false", is_bare=True),
}
_SIGNS = {"ASCII_43": "", "ASCII_45": "-"}
_OPENING = frozenset({"ASCII_40", "ASCII_91"})
_CLOSING = frozenset({"ASCII_41", "ASCII_93"})
_COMMA = "ASCII_44"
_MOST_ELEMENTS = 10_000


class _Found(msgspec.Struct):
    values: dict[int, str | None]
    lists: set[int]
    bare: set[int]
    written: set[int]


def bind(template: str, sql: str, values: Sequence[str | None] | None = None) -> ParameterSet | None:
    """The values that ``sql`` has where ``template`` has ``$n``, numbered as in the template.

    Both are the same statement but for constants: ``sql`` has them, or has parameters whose ``values`` came along
    (None when they are not known). A parameter without a known value is left open. Returns None when they are not
    the same statement, token by token, and when no value at all is known.
    """
    try:
        wanted, given = words_of(template), words_of(sql)
    except UnreadableSqlError:
        return None
    found = _Found({}, set(), set(), set())
    position = 0
    for word in wanted:
        if word.kind == "PARAM":
            end = _bind_list(found, word, given, position, values) if word.is_list else None
            end = end if end is not None else _bind_one(found, word, given, position, values)
            if end is None:
                return None
            position = end
        elif position < len(given) and _same(word, given[position]):
            position += 1
        else:
            return None
    if position != len(given) or not found.values:
        return None
    numbers = {_number(word) for word in wanted if word.kind == "PARAM"}
    return ParameterSet(
        tuple(found.values.get(number) for number in range(1, max(numbers) + 1)),
        "seen",
        lists=frozenset(found.lists),
        bare=frozenset(found.bare),
        open=frozenset(numbers - set(found.values)),
        written=frozenset(found.written),
    )


def _same(word: Word, other: Word) -> bool:
    if word.kind != other.kind:
        return False
    return word.text == other.text or (word.text.lower() == other.text.lower() and word.text[:1].isalpha())


def _number(word: Word) -> int:
    return int(word.text[1:])


def _bind_one(
    found: _Found, word: Word, given: list[Word], position: int, values: Sequence[str | None] | None
) -> int | None:
    taken = _taken(given, position, values)
    if taken is None:
        return None
    constant, end = taken
    if constant is not None:
        found.values[_number(word)] = constant.text
        if constant.is_bare:
            found.bare.add(_number(word))
        if given[position].kind != "PARAM":
            found.written.add(_number(word))
    return end


def _bind_list(
    found: _Found, word: Word, given: list[Word], position: int, values: Sequence[str | None] | None
) -> int | None:
    """Take every element up to the bracket that closes the list."""
    elements: list[str | None] = []
    are_bare = True
    while len(elements) < _MOST_ELEMENTS:
        taken = _taken(given, position, values)
        if taken is None:
            return None
        constant, position = taken
        if constant is None:
            return _end_of_list(given, position)
        elements.append(constant.text)
        are_bare = are_bare and constant.is_bare
        position = _after_cast(given, position)
        if position < len(given) and given[position].kind == _COMMA:
            position += 1
        elif position < len(given) and given[position].kind in _CLOSING:
            break
        else:
            return None
    number = _number(word)
    found.values[number] = write_array(elements)
    found.lists.add(number)
    if are_bare:
        found.bare.add(number)
    return position


def _end_of_list(given: list[Word], position: int) -> int | None:
    """Where a list ends whose elements are not known."""
    depth = 0
    for end in range(position, len(given)):
        if given[end].kind in _CLOSING:
            if depth == 0:
                return end
            depth -= 1
        elif given[end].kind in _OPENING:
            depth += 1
    return None


def _after_cast(given: list[Word], position: int) -> int:
    """Past ``::type``, which an element of a list may have."""
    if position < len(given) and given[position].kind == "TYPECAST":
        while position < len(given) and given[position].kind not in {_COMMA, *_CLOSING}:
            position += 1
    return position


def _taken(given: list[Word], position: int, values: Sequence[str | None] | None) -> tuple[Constant | None, int] | None:
    """The constant at a position and where it ends; no constant for a value that is not known; None for neither."""
    if position >= len(given):
        return None
    word = given[position]
    sign = ""
    if word.kind in _SIGNS and position + 1 < len(given) and given[position + 1].kind in NUMBERS:
        sign = _SIGNS[word.kind]
        position += 1
        word = given[position]
    end = position + 1
    if word.kind == "PARAM":
        number = _number(word)
        return Constant(values[number - 1]) if values and 0 < number <= len(values) else None, end
    if word.kind in TEXTS and end + 1 < len(given) and given[end].kind == "UESCAPE":
        return None, end + 2
    if word.kind in NUMBERS:
        return Constant(sign + word.text, is_bare=True), end
    if word.kind in TEXTS:
        return text_constant(word.text), end
    return (_WORDS[word.kind], end) if word.kind in _WORDS else None
