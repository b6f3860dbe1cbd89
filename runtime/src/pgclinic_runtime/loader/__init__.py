"""Rows by key, batched for each request: see ``Loader`` and ``AsyncLoader``."""

from pgclinic_runtime.loader.asgi import LoaderMiddleware, loader_of
from pgclinic_runtime.loader.async_loader import AsyncLoader
from pgclinic_runtime.loader.sources import Children, Order, Rows
from pgclinic_runtime.loader.sync_loader import Later, Loader

__all__ = ["AsyncLoader", "Children", "Later", "Loader", "LoaderMiddleware", "Order", "Rows", "loader_of"]
