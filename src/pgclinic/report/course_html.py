"""A course of treatment as a page that stands on its own."""

from collections.abc import Sequence

from markupsafe import Markup

from pgclinic.charts.frontier import FrontierDot, frontier
from pgclinic.model.evidence import Unit
from pgclinic.model.prescription import Course, FrontierPoint
from pgclinic.report.application_words import groups, times_words
from pgclinic.report.course_words import best_words, budget_words, share_words
from pgclinic.report.figures import figure
from pgclinic.report.html import rendered
from pgclinic.report.planning_words import factor
from pgclinic.report.wording import plural

_NARROW = 340


def page(course: Course) -> str:
    """One HTML document without anything from outside."""
    effect = course.workload
    dots = _dots(effect.frontier)
    is_curve = len(dots) > 1
    change, _, direction = factor(effect.cost_before, effect.cost_after).rpartition(" ")
    return rendered(
        "course.html",
        course=course,
        plan=tuple(groups(course.prescriptions)),
        numbers={item.fingerprint: number for number, item in enumerate(course.prescriptions, start=1)},
        total=times_words(course),
        effect=effect,
        best=best_words(effect),
        change=change,
        direction=direction,
        size=sum(item.size_bytes for item in course.prescriptions),
        chart=_safe(frontier(dots)) if is_curve else "",
        chart_narrow=_safe(frontier(dots, width=_NARROW)) if is_curve else "",
    )


def _dots(points: Sequence[FrontierPoint]) -> list[FrontierDot]:
    """The points that chose anything, each choice once, by size."""
    different = {(point.size_bytes, point.cost): point for point in points if point.size_bytes > 0}
    return [
        FrontierDot(
            size=point.size_bytes,
            cost=point.cost,
            lower_bound=point.lower_bound,
            word=figure(point.size_bytes, Unit.BYTES),
            title=f"budget {budget_words(point)}: {plural(len(point.indexes), 'index')}, "
            f"cost {share_words(point.cost)}, not below {share_words(point.lower_bound)}",
        )
        for _, point in sorted(different.items(), key=lambda pair: pair[0])
    ]


def _safe(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704 - the chart escapes its texts
