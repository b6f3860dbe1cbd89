"""What every format of a plan of running parts says alike."""

from pgclinic.model.services import service_named
from pgclinic.model.stack import StackPart, StackPlan
from pgclinic.report.language import ENGLISH, Language, later
from pgclinic.report.sentences import sentence

_NAMES = {"pooler": later("pooler"), "replica": later("replica"), "cache": later("cache")}
_PROGRAMS = {"pooler": "PgBouncer", "replica": "PostgreSQL", "cache": "Redis"}


def part_words(part: StackPart, language: Language = ENGLISH) -> str:
    """The part and its program: ``pooler (PgBouncer)``."""
    return f"{language.say(_NAMES[part.name])} ({_PROGRAMS[part.name]})"


def verdict_words(part: StackPart, language: Language = ENGLISH) -> str:
    """Whether it pays."""
    return language.say("pays") if part.pays else language.say("does not pay")


def reason_words(part: StackPart, language: Language = ENGLISH) -> str:
    """Why, or why not."""
    return sentence(part.reason, part.facts, language)


def remark_words(part: StackPart, language: Language = ENGLISH) -> list[str]:
    """What must be known besides, the managed service's own last."""
    said = [sentence(remark.text, remark.facts, language) for remark in part.remarks]
    if part.equivalent:
        said.append(language.say("Here it is {equivalent}.", equivalent=part.equivalent))
    return said


def seen_words(plan: StackPlan, language: Language = ENGLISH) -> str:
    """Of which server, and when."""
    service = service_named(plan.service)
    version = f"{plan.server_version} ({service.title})" if service else plan.server_version
    return language.say("PostgreSQL {version}, seen {moment}", version=version, moment=language.moment(plan.clock))


def path_words(plan: StackPlan, language: Language = ENGLISH) -> str:
    """The path from the clients to the data, with the parts that pay."""
    names = {part.name for part in plan.parts if part.pays}
    steps = [
        language.say("clients"),
        *(["Redis"] if "cache" in names else []),
        *(["PgBouncer"] if "pooler" in names else []),
        language.say("primary and replica") if "replica" in names else language.say("primary"),
    ]
    return " → ".join(steps)
