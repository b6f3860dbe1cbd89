"""Write docs/schema: the contracts of ``checkup`` and ``review --format json``, from the types of the documents."""

import json
from pathlib import Path

from pgclinic.report import checkup_document, review_json

FOLDER = Path(__file__).parent.parent / "docs" / "schema"
SCHEMAS = {"checkup.json": checkup_document.schema, "review.json": review_json.schema}


def main() -> None:
    """Write what the types say now."""
    FOLDER.mkdir(exist_ok=True)
    for name, schema in SCHEMAS.items():
        (FOLDER / name).write_text(json.dumps(schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
