"""A plan of running parts as one JSON document, for machines."""

import msgspec

from pgclinic.model.stack import StackPlan
from pgclinic.report.checkup_json import dump
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.stack_words import reason_words, remark_words


def encode(plan: StackPlan, language: Language = ENGLISH) -> str:
    """The plan with its sentences filled; ``facts`` hold the figures behind them."""
    document = msgspec.to_builtins(plan)
    for part, written in zip(plan.parts, document["parts"], strict=True):
        written["reason"] = reason_words(part, language)
        written["remarks"] = remark_words(part, language)
    return dump(document)
