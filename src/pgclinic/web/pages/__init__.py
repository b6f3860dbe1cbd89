"""One page a file: its handler, beside its template in ``templates/``. The folder is the registry."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from litestar.handlers import HTTPRouteHandler


def handlers() -> Iterator[HTTPRouteHandler]:
    """Every handler of every file."""
    for module in pkgutil.iter_modules(__path__):
        yield from import_module(f"{__name__}.{module.name}").HANDLERS
