"""How large the demo's database is: by name, in calls."""

from enum import StrEnum


class Scale(StrEnum):
    """``medium`` is what the demo's goals are stated for: at least four times a shared_buffers of 128 MB."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


CALLS = {Scale.SMALL: 30_000, Scale.MEDIUM: 300_000, Scale.LARGE: 5_000_000}
