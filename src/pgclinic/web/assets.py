"""The files that pages load: all come from here, none from the network. Licences of others' lie beside them."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files

import msgspec

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_OF_REPORTS = frozenset({"style.css", "copy.js"})
"""What pages share with reports."""


class Asset(msgspec.Struct, frozen=True):
    """A file: its content packed, what it is, and a mark that changes with it."""

    packed: bytes
    media_type: str
    mark: str


@cache
def assets() -> dict[str, Asset]:
    """Every file by its name."""
    ours = files("pgclinic.web") / "static"
    found = {each.name: each.read_bytes() for each in ours.iterdir() if each.name.rpartition(".")[2] in _KINDS}
    of_reports = files("pgclinic.report") / "templates"
    found |= {name: (of_reports / name).read_bytes() for name in _OF_REPORTS}
    return {
        name: Asset(
            gzip.compress(content, 9, mtime=0),
            _KINDS[name.rpartition(".")[2]],
            hashlib.sha256(content).hexdigest()[:12],
        )
        for name, content in sorted(found.items())
    }


def address_of(name: str) -> str:
    """Where a page finds the file; it may be kept for good, for another one has another address."""
    return f"/static/{name}?v={assets()[name].mark}"
