"""Hot values, read once for many: never older than said, never from before one's own write."""

from pgclinic_runtime.cache.async_cache import AsyncCache
from pgclinic_runtime.cache.cache import Cache

__all__ = ["AsyncCache", "Cache"]
