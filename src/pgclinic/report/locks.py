"""Locks in words: what a statement takes, and what that keeps from whom."""

from pgclinic.model.prescription import Statement
from pgclinic.report.language import ENGLISH, Language


def blocks_words(statement: Statement, language: Language = ENGLISH) -> str:
    """What the statement's lock keeps others from doing, and on which table."""
    return language.say(statement.blocks, table=statement.table)


def lock_words(statement: Statement, language: Language = ENGLISH) -> str:
    """The lock and what it blocks; empty where a statement takes none worth naming."""
    if not statement.lock:
        return ""
    blocks = blocks_words(statement, language)
    if not blocks:
        return language.say("lock {lock}", lock=language.say(statement.lock))
    return language.say("lock {lock}, blocks {blocks}", lock=language.say(statement.lock), blocks=blocks)
