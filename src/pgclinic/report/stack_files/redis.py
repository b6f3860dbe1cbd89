"""redis.conf: bounded memory and an eviction policy; what it holds can all be asked for anew."""

from pgclinic.model.stack import StackPlan

_HEAD = """\
# A cache: nothing on disk, no more memory than this, the keys asked for least leave first.
bind 127.0.0.1 -::1
port 6379
protected-mode yes
# Who else may connect, and their passwords, stand in a file that only Redis may read: ACL SETUSER, then ACL SAVE.
# aclfile /etc/redis/users.acl
"""


def files(plan: StackPlan) -> dict[str, str]:
    """One file."""
    lines = plan.part("cache").of_file("redis")
    return {"redis/redis.conf": _HEAD + "".join(f"{name} {value}\n" for name, value in lines.items())}
