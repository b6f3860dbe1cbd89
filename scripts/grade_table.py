"""Write the table of categories, weights and checks into docs/grade.md, from the registry of the checks."""

from pathlib import Path

from pgclinic import checks
from pgclinic.grading.grade import WEIGHTS

PAGE = Path(__file__).parent.parent / "docs" / "grade.md"
BEGINNING = "<!-- checks: written by `make docs` -->\n"
END = "<!-- end -->\n"


def with_table(page: str) -> str:
    """The page with its table as the registry has it now."""
    before, _, rest = page.partition(BEGINNING)
    _, _, after = rest.partition(END)
    return f"{before}{BEGINNING}{table()}{END}{after}"


def table() -> str:
    """One row a category."""
    of_family: dict[str, list[str]] = {family: [] for family in WEIGHTS}
    for name in checks.names():
        of_family[checks.load(name).family].append(name)
    rows = (f"| {family} | {WEIGHTS[family]:g} | {', '.join(of_family[family])} |\n" for family in WEIGHTS)
    return "\n| category | weight | checks |\n|---|---|---|\n" + "".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
