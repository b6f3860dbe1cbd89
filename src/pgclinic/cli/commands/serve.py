"""``pgclinic serve``."""

from typing import Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.listening import (
    DEFAULT,
    AllowHost,
    AllowTreat,
    Listen,
    Operator,
    Proxy,
    TlsCert,
    TlsKey,
    TrustHeader,
    opened_door,
)
from pgclinic.cli.options import TargetOptions, takes_target

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic serve shop.pgclinic
  pgclinic serve --store postgresql://keeper@stats/history
  pgclinic serve postgresql://app@db/shop --listen 127.0.0.1:9000
  pgclinic serve shop.pgclinic --listen 0.0.0.0:8432 --proxy 10.0.0.7 \\
      --allow-host pg.example.com --trust-header X-Forwarded-User
"""


@app.command(epilog=EXAMPLES, short_help="Show a database on a dashboard in the browser.")
@takes_target
def serve(
    where: TargetOptions,
    *,
    listen: Listen = DEFAULT,
    allow_host: AllowHost = None,
    trust_header: TrustHeader = "",
    proxy: Proxy = None,
    operator: Operator = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    allow_treat: AllowTreat = False,
    store: Annotated[
        str | None, typer.Option(metavar="URI", help="Show what watch keeps there, of every database; no TARGET then.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Show a database on a dashboard (writes only with --allow-treat).

    It prints an address that lets its reader in; keep it to yourself. Nothing is loaded from the network.
    """
    from pgclinic.cli.dashboards import served
    from pgclinic.cli.extras import demand_extra
    from pgclinic.model.errors import UserError

    demand_extra("web", "serve")
    if store is not None and (where.target is not None or allow_treat):
        raise UserError("--store shows what is kept there and nothing else; leave out TARGET and --allow-treat.")
    door = opened_door(
        listen,
        allow_host=allow_host,
        trust_header=trust_header,
        proxy=proxy,
        operator=operator,
        tls_cert=tls_cert,
        tls_key=tls_key,
        allow_treat=allow_treat,
    )
    if store is not None:
        demand_extra("watch", "serve --store")
        from pgclinic.web.watched import kept_databases

        databases = kept_databases(store)
    else:
        from pgclinic.cli.progress import shown
        from pgclinic.cli.targets import located
        from pgclinic.web.visited import visited_once

        databases = [shown(visited_once(located(where)))]
    served(door, databases, lang.value if lang else "")
