"""Pages that stand on their own: no network; nothing from outside is let in by the browser either.

The only script is the one that copies SQL, which the page's policy names by its hash. Without it a click selects.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.model.prescription import Prescription, StatementGain, StatementMapping
from pgclinic.report.application_words import (
    bare_points,
    mapping_words,
    original_words,
    points_words,
    requires_words,
    risk_words,
    saves_words,
    what_words,
    when_words,
)
from pgclinic.report.course_words import (
    budget_words,
    fact_words,
    most_changed,
    next_best_words,
    range_words_of,
    share_words,
    size_words,
)
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.language import Language, language
from pgclinic.report.locks import blocks_words, lock_words
from pgclinic.report.planning_words import factor, planner_words, statement_words
from pgclinic.report.printable import printable, shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.wording import (
    category_words,
    fact_name,
    label,
    object_words,
    origin,
    plural,
    severity_words,
    unseen,
)

_LONGEST_STATEMENT = 160
_LONGEST_ORIGINAL = 2000


def rendered(template: str, *, lang: str = "en", **values: Any) -> str:  # noqa: ANN401 - a template takes nouns of any kind
    """The page of this template. Charts are given as Markup; every other value is escaped."""
    return environment(lang).get_template(template).render(**values)


def safe(chart: str) -> Markup:
    """A chart as it may stand in a page."""
    return Markup(chart)  # noqa: S704 - charts escape their texts


@cache
def copy_script() -> tuple[Markup, str]:
    """The script that copies SQL, and its hash for the page's Content-Security-Policy."""
    script = (files("pgclinic.report") / "templates" / "copy.js").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Markup(script), f"sha256-{digest}"  # noqa: S704 - a file of ours


@cache
def environment(lang: str, package: str = "pgclinic.report") -> jinja2.Environment:
    """The templates of a package, and behind them those of reports, in one language."""
    packages = dict.fromkeys((package, "pgclinic.report"))
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(each, "templates") for each in packages]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_fit,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plural=plural, planner=planner_words, budget=budget_words, blocks=blocks_words)
    environment.filters.update(most_changed=most_changed, range_words=range_words_of, next_best=next_best_words)
    environment.filters.update(
        share=share_words, sizes=size_words, fact_words=fact_words, factor=_factor, statement_words=_statement
    )
    environment.filters.update(what=what_words, saves=saves_words, bare_points=bare_points)
    environment.filters.update(when=when_words, marks=_marks, original=_original, mapping_words=mapping_words)
    environment.filters.update(shortened=shortened, **_in(language(lang)))
    environment.globals.update(say=language(lang).say, say_many=language(lang).say_many, lang=lang)
    return environment


def _in(spoken: Language) -> dict[str, Any]:
    """The filters whose words depend on the language."""

    def of_figure(value: float | str | None, unit: str) -> str:
        return figure(value, Unit(unit), spoken)

    def of_fact(fact: Fact) -> str:
        return fact_figure(fact, spoken)

    def of_sentence(template: str, facts: tuple[Fact, ...] = ()) -> str:
        return sentence(template, facts, spoken)

    def of_severity(finding: "Finding | Severity") -> str:
        return severity_words(finding.severity if isinstance(finding, Finding) else finding, spoken)

    def of_origin(provenance: str) -> str:
        return origin(Provenance(provenance), spoken)

    def of_blind_spot(spot: BlindSpot) -> str:
        return unseen(spot, spoken)

    return {
        "figure": of_figure,
        "fact_figure": of_fact,
        "sentence": of_sentence,
        "severity": of_severity,
        "origin": of_origin,
        "unseen": of_blind_spot,
        "moment": spoken.moment,
        "label": lambda name: label(name, spoken),
        "category": lambda name: category_words(name, spoken),
        "object": lambda about: object_words(about, spoken),
        "fact_name": lambda name: fact_name(name, spoken),
        "lock": lambda statement: lock_words(statement, spoken),
    }


def _factor(gain: StatementGain) -> str:
    return factor(gain.cost_before, gain.cost_after)


def _statement(gain: StatementGain) -> str:
    return statement_words(gain.name, gain.fingerprint, gain.sql, _LONGEST_STATEMENT)


def _marks(item: Prescription, numbers: Mapping[str, int]) -> list[str]:
    """What is said of it in a line: size, time, the first lock and what it blocks, risk, what comes before, points."""
    locks = [f"lock {each.lock.lower()}, blocks {blocks_words(each)}" for each in item.do if each.lock]
    own = [*size_words(item), *locks[:1], risk_words(item), requires_words(item, numbers), points_words(item)]
    return list(filter(None, own))


def _original(mapping: StatementMapping, item: Prescription) -> str:
    return original_words(item, mapping, _LONGEST_ORIGINAL)


def _fit(value: object) -> object:
    """Before escaping: whatever a template prints, names as nouns included, is free of invisible characters here."""
    if value is None or isinstance(value, (Markup, int, float)):
        return value
    return printable(str(value), lines=True)
