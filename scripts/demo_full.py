"""The reference application before and after, under the same load: the capacity table, as text and as a page.

    python scripts/demo_full.py [--scale small] [--step-seconds 20] [--output pgclinic-demo]

Without connections of its own and with nothing to ask: it starts every part, and leaves none running.
"""

import argparse
import sys
from pathlib import Path

from pgclinic.cli.output import columns, say, wants_color
from pgclinic.cli.progress import shown
from pgclinic.model.errors import UserError
from pgclinic.report import capacity_html, capacity_json, capacity_text
from pgclinic.verbs.demo_full import demo_full

_APPLICATION = Path(__file__).parent.parent / "examples" / "drain_fortin"


def main() -> None:
    """Measure, print the table, write the page."""
    parser = argparse.ArgumentParser(description="Measure the reference application before and after.")
    parser.add_argument("--scale", choices=("small", "medium", "large"), default="medium")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step-seconds", type=float, default=20.0, help="how long each rate is tried")
    parser.add_argument("--output", type=Path, default=Path("pgclinic-demo"), help="folder of the page")
    options = parser.parse_args()
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        table = shown(
            demo_full(_APPLICATION, scale=options.scale, seed=options.seed, step_seconds=options.step_seconds)
        )
    except UserError as error:
        sys.exit(f"demo-full: {error}")
    page = options.output / "capacity.html"
    page.write_text(capacity_html.page(table), encoding="utf-8")
    (options.output / "capacity.json").write_text(capacity_json.encode(table), encoding="utf-8")
    sys.stdout.write(capacity_text.text(table, width=columns(), color=wants_color(sys.stdout)))
    say(f"page: {page.absolute().as_uri()}")


if __name__ == "__main__":
    main()
