"""Write the second half of docs/review.md, a section for each rule, from the rules' docstrings."""

import re
from pathlib import Path

from pgclinic import reviews

FILE = Path(__file__).parent.parent / "docs" / "review.md"
MARK = "<!-- what follows is written by make docs, from src/pgclinic/reviews -->\n"
_HEADING = re.compile(r"^(What it sees|Why it matters|What to do):$", re.MULTILINE)


def page(text: str) -> str:
    """The page with its sections as the docstrings are now."""
    return text.partition(MARK)[0] + MARK + "".join(map(_section, reviews.names()))


def _section(name: str) -> str:
    title, _, rest = reviews.load(name).documentation.partition("\n")
    paragraphs = [" ".join(each.split()) for each in _HEADING.sub(r"*\1.*", rest).split("\n\n")]
    return f"\n### `{name}`\n\n{title}\n\n" + "\n\n".join(filter(None, paragraphs)) + "\n"


def main() -> None:
    """Write it."""
    FILE.write_text(page(FILE.read_text()))


if __name__ == "__main__":
    main()
