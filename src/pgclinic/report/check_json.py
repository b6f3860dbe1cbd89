"""The checks as JSON, for machines. Field names are a contract: see ``contract_version``."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pgclinic.model.check_page import CheckPage
from pgclinic.report.checkup_json import dump

_VERSION = "1"


def encode_list(pages: Sequence[CheckPage]) -> str:
    """All of them in one document."""
    return dump({"contract_version": _VERSION, "checks": [_page(page) for page in pages]})


def encode(page: CheckPage) -> str:
    """One of them."""
    return dump({"contract_version": _VERSION, **_page(page)})


def _page(page: CheckPage) -> dict[str, Any]:
    fields = msgspec.to_builtins(page)
    return {**fields, "severities": [severity.name.lower() for severity in page.severities]}
