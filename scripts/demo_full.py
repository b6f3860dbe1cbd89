"""The reference application before and after, under the same load: the capacity table, as text and as a page.

    python scripts/demo_full.py [--scale small] [--step-seconds 15] [--output pgclinic-demo] [--docs]

Without connections of its own and with nothing to ask: it starts every part, and leaves none running.
"""

import argparse
import os
import sys
from pathlib import Path

from pgclinic.cli.output import columns, say, wants_color
from pgclinic.cli.progress import shown
from pgclinic.model.capacity import CapacityTable
from pgclinic.model.errors import UserError
from pgclinic.report import capacity_html, capacity_json, capacity_markdown, capacity_picture, capacity_text
from pgclinic.verbs.demo_full import demo_full
from pgclinic.verbs.measuring_capacity import Trial

_SOURCES = Path(__file__).parent.parent
_APPLICATION = _SOURCES / "examples" / "drain_fortin"
_DOCS = _SOURCES / "docs"
_BEGIN, _END = "<!-- figures: make demo-full ARGS=--docs -->", "<!-- end of figures -->"
_PICTURE = "demo-full.svg"


def main() -> None:
    """Measure, print the table, write the page."""
    parser = argparse.ArgumentParser(description="Measure the reference application before and after.")
    parser.add_argument("--scale", choices=("small", "medium", "large"), default="medium")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step-seconds", type=float, default=15.0, help="how long each rate is tried")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes of the application, each way")
    parser.add_argument("--output", type=Path, default=Path("pgclinic-demo"), help="folder of the page")
    parser.add_argument("--docs", action="store_true", help="also put the figures into docs/demo-full.md")
    options = parser.parse_args()
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        trial = Trial(
            folder=_APPLICATION, step_seconds=options.step_seconds, seed=options.seed, workers=options.workers
        )
        table = shown(demo_full(trial, scale=options.scale))
    except UserError as error:
        sys.exit(f"demo-full: {error}")
    page = options.output / "capacity.html"
    page.write_text(capacity_html.page(table), encoding="utf-8")
    (options.output / "capacity.json").write_text(capacity_json.encode(table), encoding="utf-8")
    if options.docs:
        _write_docs(table)
    sys.stdout.write(capacity_text.text(table, width=columns(), color=wants_color(sys.stdout)))
    say(f"page: {page.absolute().as_uri()}")


def _write_docs(table: CapacityTable) -> None:
    """The table and the picture, between the two marks of the page."""
    document = _DOCS / "demo-full.md"
    before, begin, rest = document.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    figures = f"\n![P95 against the number of users, three ways](pictures/{_PICTURE})\n\n"
    document.write_text(before + begin + figures + capacity_markdown.markdown(table) + end + after, encoding="utf-8")
    (_DOCS / "pictures" / _PICTURE).write_text(capacity_picture.svg(table), encoding="utf-8")


if __name__ == "__main__":
    main()
