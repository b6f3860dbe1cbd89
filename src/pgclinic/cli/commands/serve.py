"""``pgclinic serve``."""

from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.options import TargetOptions, takes_target

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic serve shop.pgclinic
  pgclinic serve --store postgresql://keeper@stats/history
  pgclinic serve postgresql://app@db/shop --listen 127.0.0.1:9000
  pgclinic serve shop.pgclinic --listen 0.0.0.0:8432 --tls-cert c.pem --tls-key k.pem \\
      --allow-host pg.example.com --trust-header X-Forwarded-User --proxy 10.0.0.7
"""


@app.command(epilog=EXAMPLES, short_help="Show a database on a dashboard in the browser.")
@takes_target
def serve(
    where: TargetOptions,
    *,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; other than loopback needs --trust-header.")
    ] = "127.0.0.1:8432",
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Another name of this server; may be repeated.")
    ] = None,
    trust_header: Annotated[
        str, typer.Option(metavar="HEADER", help="The header in which an identity proxy names the user.")
    ] = "",
    proxy: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="A proxy whose header is believed; may be repeated.")
    ] = None,
    operator: Annotated[
        list[str] | None, typer.Option(metavar="USER", help="A user of the proxy who may treat; may be repeated.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain, for HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate's private key.")] = None,
    store: Annotated[
        str | None, typer.Option(metavar="URI", help="Show what watch keeps there, of every database; no TARGET then.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Show a database on a dashboard in the browser. Reads only.

    It prints an address that lets its reader in; keep it to yourself. Nothing is loaded from the network.
    """
    from pgclinic.cli.dashboards import served
    from pgclinic.cli.extras import demand_extra

    demand_extra("web", "serve")
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import located
    from pgclinic.model.errors import UserError
    from pgclinic.verbs.visits import visited
    from pgclinic.web.serving import Listening, opened, place
    from pgclinic.web.site import Database
    from pgclinic.web.visit import Visit

    host, port = place(listen)
    door = opened(
        Listening(
            host=host,
            port=port,
            allow_hosts=tuple(allow_host or ()),
            trust_header=trust_header,
            proxies=tuple(proxy or ()),
            operators=tuple(operator or ()),
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
    )
    if store is not None:
        demand_extra("watch", "serve --store")
        from pgclinic.watch.history import History
        from pgclinic.web.watched import Watched

        history = History(store)
        kept = [Watched(history, each.name).database for each in history.targets()]
        if not kept:
            raise UserError("Nothing is in that history store yet; pgclinic watch fills it.")
        served(door, kept, lang)
        return
    visit = Visit(*shown(visited(located(where))))
    database = Database(name=visit.checkup.server.database, latest=lambda: visit, visit=lambda _: visit)
    served(door, [database], lang)
