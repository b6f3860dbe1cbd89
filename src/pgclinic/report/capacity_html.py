"""The capacity table as a page that stands on its own."""

from pgclinic.charts.load_curves import load_curves
from pgclinic.model.capacity import CapacityTable
from pgclinic.report.capacity_picture import load_curves_of
from pgclinic.report.capacity_rows import capacity_rows, conclusion, processor_rows, request_rows
from pgclinic.report.html import rendered, safe

_NARROW = 340


def page(table: CapacityTable) -> str:
    """One HTML document without anything from outside."""
    curves = load_curves_of(table)
    return rendered(
        "capacity.html",
        table=table,
        conclusion=conclusion(table),
        rows=capacity_rows(table),
        requests=request_rows(table),
        processors=processor_rows(table),
        chart=safe(load_curves(curves, limit_ms=table.limit_ms)),
        chart_narrow=safe(load_curves(curves, limit_ms=table.limit_ms, width=_NARROW)),
    )
