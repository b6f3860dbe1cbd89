"""One loader for each operation of a Strawberry GraphQL schema, whatever serves it."""

from collections.abc import Iterator
from contextvars import ContextVar

from strawberry.extensions import SchemaExtension

from pgclinic_runtime.loader.async_loader import AsyncLoader, Connect

_current: ContextVar[AsyncLoader] = ContextVar("pgclinic_loader")


class LoaderExtension(SchemaExtension):
    """Makes a loader for each operation; resolvers find it by ``current_loader()``.

    ``strawberry.Schema(query=…, extensions=[lambda: LoaderExtension(pool.connection)])``
    """

    def __init__(self, connect: Connect, *, most_keys: int = 1000) -> None:
        super().__init__()
        self._connect = connect
        self._most_keys = most_keys

    def on_operation(self) -> Iterator[None]:
        """Called by Strawberry around each operation."""
        token = _current.set(AsyncLoader(self._connect, most_keys=self._most_keys))
        try:
            yield
        finally:
            _current.reset(token)


def current_loader() -> AsyncLoader:
    """The loader of the operation that is being resolved.

    Raises:
        LookupError: the schema has no ``LoaderExtension``.
    """
    loader = _current.get(None)
    if loader is None:
        raise LookupError("no loader in this operation: add LoaderExtension to the schema's extensions")
    return loader
