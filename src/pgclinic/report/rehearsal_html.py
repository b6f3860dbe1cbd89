"""A rehearsal as a page that stands on its own."""

from pgclinic.charts.before_after import before_after
from pgclinic.model.rehearsal import Rehearsal
from pgclinic.report.demo_html import pairs_of
from pgclinic.report.html import rendered, safe
from pgclinic.report.proof_words import conclusion, interval, method, pages
from pgclinic.report.rehearsal_words import DISCLAIMER, WITHOUT_VALUES

_NARROW = 340


def page(result: Rehearsal) -> str:
    """One HTML document without anything from outside."""
    pairs = pairs_of(result.proof.statements)
    return rendered(
        "rehearsal.html",
        result=result,
        rows=sum(table.rows for table in result.made.tables),
        disclaimer=DISCLAIMER,
        without_values=WITHOUT_VALUES,
        chart=safe(before_after(pairs)) if pairs else "",
        chart_narrow=safe(before_after(pairs, width=_NARROW)) if pairs else "",
        conclusion=conclusion(result.proof),
        method=method(result.proof),
        interval=interval,
        pages=pages,
    )
