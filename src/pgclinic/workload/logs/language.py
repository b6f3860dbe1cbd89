"""Logs in other languages than English, which are recognised and said but not read."""

import re

_LANGUAGES = {
    "Dauer": "German",
    "durée": "French",
    "duración": "Spanish",
    "duração": "Portuguese",
    "durata": "Italian",
    "czas trwania": "Polish",
    "trvání": "Czech",
    "varaktighet": "Swedish",
    "süre": "Turkish",
    "продолжительность": "Russian",
    "длительность": "Russian",
    "тривалість": "Ukrainian",
    "期間": "Japanese",
    "执行时间": "Chinese",
    "執行時間": "Chinese",
    "실행시간": "Korean",
}
"""How PostgreSQL's translations (src/backend/po) say ``duration``, by what they are in."""

_DURATION = re.compile(rf"\b({'|'.join(_LANGUAGES)})\s?[:\uff1a]\s?\d+[.,]\d+ ")


def language_of(text: str) -> str:
    """The language of a message that tells of a duration, or the empty text for English and for other messages."""
    found = _DURATION.search(text)
    return _LANGUAGES[found[1]] if found else ""
