"""Write docs/schema/checkup.json, the contract of ``checkup --format json``, from the types of the document."""

import json
from pathlib import Path

from pgclinic.report.checkup_document import schema

FILE = Path(__file__).parent.parent / "docs" / "schema" / "checkup.json"


def main() -> None:
    """Write what the types say now."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
