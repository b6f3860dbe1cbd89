"""Hot values, read once for many: never older than said, never from before one's own write."""

from pgclinic_runtime.cache.async_cache import AsyncCache
from pgclinic_runtime.cache.async_watch import AsyncNotifyWatch, AsyncTableWatch
from pgclinic_runtime.cache.cache import Cache
from pgclinic_runtime.cache.recipes import Recipe, notify_recipe, polling_recipe
from pgclinic_runtime.cache.watch import NotifyWatch, TableWatch

__all__ = [
    "AsyncCache",
    "AsyncNotifyWatch",
    "AsyncTableWatch",
    "Cache",
    "NotifyWatch",
    "Recipe",
    "TableWatch",
    "notify_recipe",
    "polling_recipe",
]
