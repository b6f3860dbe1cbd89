"""Make the symbolic links that a PostgreSQL npm package lists beside its programs (npm archives cannot hold links)."""

import json
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Link each ``target`` to its ``source``; both are given relative to the package's root as ``native/…``."""
    for link in json.loads((folder / "pg-symlinks.json").read_text()):
        source, target = (folder / Path(link[key]).relative_to("native") for key in ("source", "target"))
        if not target.is_symlink() and target.resolve().is_relative_to(folder.resolve()):
            target.symlink_to(source.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
