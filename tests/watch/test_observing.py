from pathlib import Path

from pgclinic.watch.observing import MEANINGS

PAGE = Path(__file__).parents[2] / "docs" / "watching.md"


def test_the_page_lists_every_observation() -> None:
    table = "\n".join(
        ["| name | unit | what it says |", "|---|---|---|"]
        + [f"| `{name}` | {unit.value} | {meaning} |" for name, (unit, meaning) in MEANINGS.items()]
    )
    begin, end = "<!-- observations -->\n", "\n<!-- end -->"
    text = PAGE.read_text()
    assert text.split(begin)[1].split(end)[0] == table
