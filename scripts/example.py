"""Write docs/example: what pgclinic says of its demo's database, from the snapshot of it that is kept there.

The snapshot was taken of ``pgclinic demo load --scale medium`` after its workload had run. All else follows from it,
byte for byte, so that nothing that was measured once has to be measured again.
"""

import shutil
from pathlib import Path

from pgclinic.model.snapshot_file import read
from pgclinic.report import checkup_html, course_html, course_json, course_sql, course_text, migrations
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe

FOLDER = Path(__file__).parent.parent / "docs" / "example"
SNAPSHOT = FOLDER / "fortin.pgclinic"
KEPT = frozenset({SNAPSHOT.name, "README.md"})
TOOLS = ("alembic", "django", "supabase")
"""Some of the tools that prescribe writes migrations for."""


def files() -> dict[str, bytes]:
    """Every file that is written, by its path in the folder."""
    snapshot = read(SNAPSHOT)
    course = drive(prescribe(snapshot))
    texts = {
        "checkup.html": checkup_html.page(drive(checkup(snapshot))),
        "prescription.html": course_html.page(course),
        "prescription.txt": course_text.text(course),
        "up.sql": course_sql.up(course),
        "down.sql": course_sql.down(course),
    }
    for tool in TOOLS:
        texts[f"migrations/{tool}/README.txt"] = migrations.about(tool)
        for path, text in migrations.files(tool, course).items():
            texts[f"migrations/{tool}/{path}"] = text
    return {path: text.encode() for path, text in texts.items()} | {"prescription.json": course_json.encode(course)}


def main() -> None:
    """Write them all anew."""
    found = files()
    for path in FOLDER.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path, content in found.items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_bytes(content)


if __name__ == "__main__":
    main()
