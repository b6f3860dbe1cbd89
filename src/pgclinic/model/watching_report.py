"""What came of a watch."""

import msgspec


class WatchReport(msgspec.Struct, frozen=True, kw_only=True):
    """How much was seen and kept. ``gaps`` counts samples by what was odd about them."""

    targets: int
    looks: int
    written: int
    dropped: int = 0
    gaps: dict[str, int] = {}
    contract_version: int = 1
