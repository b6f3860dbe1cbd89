"""Parts of pgclinic that are installed on request."""

from importlib.util import find_spec

from pgclinic.model.errors import UserError

_NEEDED = {"web": ("litestar", "uvicorn"), "watch": ("sqlalchemy",), "fleet": ("procrastinate",)}


def demand_extra(extra: str, verb: str) -> None:
    """Raise UserError where a verb lacks what it needs; it says how to install it."""
    if any(find_spec(module) is None for module in _NEEDED[extra]):
        raise UserError(f"{verb} needs more than was installed: pip install 'pgclinic[{extra}]'.")
