"""Write docs/checks: one page a check and the index, from the checks' own files."""

from pathlib import Path

from pgclinic.report.check_markdown import index_markdown, page_markdown
from pgclinic.verbs.check_pages import pages

FOLDER = Path(__file__).parent.parent / "docs" / "checks"


def main() -> None:
    """Write what is new or has changed, and remove what belongs to no check any more."""
    FOLDER.mkdir(exist_ok=True)
    all_pages = pages()
    files = {f"{page.name}.md": page_markdown(page) for page in all_pages} | {"README.md": index_markdown(all_pages)}
    for path in FOLDER.glob("*.md"):
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        (FOLDER / name).write_text(content)


if __name__ == "__main__":
    main()
