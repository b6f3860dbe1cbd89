"""Kubernetes manifests for PgBouncer and Redis; the database itself belongs to an operator or a managed service."""

from pgclinic.model.stack import StackPlan
from pgclinic.report.stack_files import pgbouncer, redis

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      securityContext: {{runAsNonRoot: true, runAsUser: {user}, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: {name}
          image: {image}
          command: {command}
          ports: [{{containerPort: {port}}}]
          readinessProbe: {{tcpSocket: {{port: {port}}}, periodSeconds: 5}}
          livenessProbe: {{tcpSocket: {{port: {port}}}, periodSeconds: 10}}
          resources: {{requests: {{cpu: 100m, memory: {memory}}}, limits: {{memory: {memory}}}}}
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
          volumeMounts:
            - {{name: configuration, mountPath: {folder}}}
      volumes:
        - name: configuration
          {volume}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{port: {port}}}]
"""
_CONFIGURATION = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}}}
data:
  {file}: |
{text}
---
"""
_BOTH = "projected: {sources: [{configMap: {name: pgbouncer}}, {secret: {name: pgbouncer-users}}]}"
"""userlist.txt is a secret: kubectl create secret generic pgbouncer-users --from-file=userlist.txt"""
_OVERHEAD = 1.5
"""Redis needs room beside its keys: buffers of clients, fragmentation."""


def files(plan: StackPlan) -> dict[str, str]:
    """A manifest a part that pays."""
    found = {}
    if plan.part("pooler").pays:
        text = pgbouncer.files(plan)["pgbouncer/pgbouncer.ini"]
        found["kubernetes/pgbouncer.yaml"] = _CONFIGURATION.format(
            name="pgbouncer", file="pgbouncer.ini", text=_indented(text)
        ) + _DEPLOYMENT.format(
            name="pgbouncer",
            replicas=1,  # of several each would open the whole pool
            user=70,
            image="edoburu/pgbouncer:latest",
            command='["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"]',
            port=6432,
            memory="128Mi",
            folder="/etc/pgbouncer",
            volume=_BOTH,
        )
    if plan.part("cache").pays:
        megabytes = int(plan.part("cache").value("maxmemory").removesuffix("mb"))
        text = redis.files(plan)["redis/redis.conf"]
        found["kubernetes/redis.yaml"] = _CONFIGURATION.format(
            name="redis", file="redis.conf", text=_indented(text)
        ) + _DEPLOYMENT.format(
            name="redis",
            replicas=1,
            user=999,
            image="redis:7",
            command='["redis-server", "/etc/redis/redis.conf", "--bind", "0.0.0.0", "--protected-mode", "no"]',
            port=6379,
            memory=f"{round(megabytes * _OVERHEAD)}Mi",
            folder="/etc/redis",
            volume="configMap: {name: redis}",
        )
    return found


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
