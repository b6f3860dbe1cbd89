"""A question as it is sent."""

import msgspec


class Query(msgspec.Struct, frozen=True):
    """A SELECT whose columns are named after the record's fields, and texts for its ``$1`` and so on."""

    sql: str
    parameters: tuple[str, ...] = ()
