"""systemd units for the parts that distributions do not already start with this configuration."""

from pgclinic.model.stack import StackPlan

_UNIT = """\
[Unit]
Description={what} as pgclinic planned it
After=network-online.target
Wants=network-online.target

[Service]
Type={type}
User={user}
ExecStart={start}
{more}Restart=on-failure
RestartSec=1
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
RuntimeDirectory={user}-pgclinic

[Install]
WantedBy=multi-user.target
"""


def files(plan: StackPlan) -> dict[str, str]:
    """A unit a part that pays. PostgreSQL keeps the unit of its distribution."""
    found = {}
    if plan.part("pooler").pays:
        found["systemd/pgbouncer-pgclinic.service"] = _UNIT.format(
            what="PgBouncer",
            type="simple",
            user="postgres",
            start="/usr/sbin/pgbouncer /etc/pgbouncer/pgbouncer.ini",
            more="ExecReload=/bin/kill -HUP $MAINPID\n",
        )
    if plan.part("cache").pays:
        found["systemd/redis-pgclinic.service"] = _UNIT.format(
            what="Redis",
            type="simple",
            user="redis",
            start="/usr/bin/redis-server /etc/redis/redis.conf --daemonize no --supervised no",
            more="",
        )
    return found
