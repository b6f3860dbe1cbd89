"""The files that pages load."""

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from pgclinic.web.assets import assets


@get("/static/{name:str}", include_in_schema=False, sync_to_thread=False)
def static(name: FromPath[str]) -> Response[bytes]:
    """One file of a fixed list; what was asked for is never a path. Every browser unpacks gzip."""
    asset = assets().get(name)
    if asset is None:
        raise NotFoundException("There is no such file.")
    headers = {"content-encoding": "gzip", "cache-control": "public, max-age=31536000, immutable"}
    return Response(asset.packed, media_type=asset.media_type, headers=headers)


@get("/favicon.ico", include_in_schema=False, sync_to_thread=False)
def favicon() -> Response[bytes]:
    """What browsers ask for beside a page that is nothing but text."""
    icon = assets()["icon.svg"]
    return Response(icon.packed, media_type=icon.media_type, headers={"content-encoding": "gzip"})


HANDLERS = (static, favicon)
