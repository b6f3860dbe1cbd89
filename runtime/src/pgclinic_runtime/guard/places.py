"""The line of the application's code that a statement comes from: the nearest frame outside libraries."""

import sys
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {"<frozen"})
_OURS = str(Path(__file__).parent.parent)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


def calling_place() -> Place:
    """Where the application is now; the outermost frame when all are of libraries."""
    frame: FrameType = sys._getframe(1)  # noqa: SLF001 - what the traceback module does, without making one
    while is_library(frame.f_code.co_filename) and frame.f_back is not None:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname)


@lru_cache(maxsize=4096)
def is_library(file: str) -> bool:
    """Whether a file is Python's own, an installed package's, or this one's."""
    return file.startswith((*_LIBRARIES, _OURS)) or "site-packages" in file or "dist-packages" in file
