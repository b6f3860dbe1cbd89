"""One object for a primary and its replicas: reads go where they may, and nobody misses their own write."""

from pgclinic_runtime.position import Position
from pgclinic_runtime.routing.async_router import AsyncRouter
from pgclinic_runtime.routing.health import Bounds
from pgclinic_runtime.routing.router import Router
from pgclinic_runtime.routing.routes import NotPrimaryError, Reading, ServerState
from pgclinic_runtime.routing.session import Session

__all__ = ["AsyncRouter", "Bounds", "NotPrimaryError", "Position", "Reading", "Router", "ServerState", "Session"]
