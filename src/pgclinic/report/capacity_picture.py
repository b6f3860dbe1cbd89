"""The curves of the capacity table as a picture of its own, for a document that has no styles of ours."""

from importlib.resources import files

from pgclinic.charts.load_curves import LoadCurve, load_curves
from pgclinic.charts.svg import element
from pgclinic.model.capacity import CapacityTable


def load_curves_of(table: CapacityTable) -> list[LoadCurve]:
    """Each way's runs, in order of users."""
    return [
        LoadCurve(
            side.name,
            tuple(
                (step.rate * table.between_seconds, step.p95_ms, step.is_held)
                for step in sorted(side.steps, key=lambda step: step.rate)
            ),
        )
        for side in table.sides
    ]


def svg(table: CapacityTable) -> str:
    """An SVG file, light or dark as its reader's browser is."""
    chart = load_curves(load_curves_of(table), limit_ms=table.limit_ms, legend=True)
    head, title, rest = chart.partition("<title>")
    return (
        head + element("style", _styles()) + '<rect width="100%" height="100%" rx="8" class="ground"/>' + title + rest
    )


def _styles() -> str:
    """The page's colours, and what the page says of this chart."""
    page = files("pgclinic.report").joinpath("templates/style.css").read_text(encoding="utf-8")
    colours = page[: page.index("* {")]
    own = "\n".join(line for line in page.splitlines() if line.startswith(".load "))
    return f"{colours}{own}\ntext {{ font-family: system-ui, sans-serif; }} .ground {{ fill: var(--card); }}\n"
