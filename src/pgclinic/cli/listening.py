"""The options of every verb that serves the dashboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pgclinic.web.serving import Door

Listen = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Where the dashboard listens; other than loopback needs a proxy.")
]
AllowHost = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Another name of this server; may be repeated.")
]
TrustHeader = Annotated[
    str, typer.Option(metavar="HEADER", help="The header in which an identity proxy names the user.")
]
Proxy = Annotated[
    list[str] | None, typer.Option(metavar="ADDRESS", help="A proxy whose header is believed; may be repeated.")
]
Operator = Annotated[
    list[str] | None, typer.Option(metavar="USER", help="A user of the proxy who may treat; may be repeated.")
]
TlsCert = Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain, for HTTPS.")]
TlsKey = Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate's private key.")]
AllowTreat = Annotated[
    bool, typer.Option("--allow-treat", help="Operators may apply prescriptions from the dashboard (writes).")
]
DEFAULT = "127.0.0.1:8432"


def opened_door(
    listen: str,
    *,
    allow_host: list[str] | None = None,
    trust_header: str = "",
    proxy: list[str] | None = None,
    operator: list[str] | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    allow_treat: bool = False,
) -> "Door":
    """Listen as the options say. Raises UserError for what would not be safe."""
    from pgclinic.web.serving import Listening, opened, place

    host, port = place(listen)
    return opened(
        Listening(
            host=host,
            port=port,
            allow_hosts=tuple(allow_host or ()),
            trust_header=trust_header,
            proxies=tuple(proxy or ()),
            operators=tuple(operator or ()),
            tls_cert=tls_cert,
            tls_key=tls_key,
            may_treat=allow_treat,
        )
    )
