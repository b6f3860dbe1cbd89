"""Times of day for people."""

from pgclinic.report.language import ENGLISH, Language


def moment(clock: str, language: Language = ENGLISH) -> str:
    """An ISO 8601 time in UTC to the minute, as in ``2026-11-22 19:05 UTC``."""
    return language.moment(clock)
