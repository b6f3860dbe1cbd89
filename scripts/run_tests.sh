#!/usr/bin/env bash
# Every test, in random order, two at a time. What fails is run again by itself: the tests start servers, kill them and
# wait for each other, and on a busy machine a neighbour can starve one. What fails twice fails the run; what failed
# once stands in both outputs.
set -uo pipefail
cd "$(dirname "$0")/.."

# Thousands of databases are made and dropped. A file system on disk looks at every file that was deleted lately before
# it makes a new one, so the servers' files lie in memory where there is plenty of it.
free_kb=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
if [ -z "${PGCLINIC_CACHE:-}" ] && [ "${free_kb:-0}" -gt 10000000 ] && ! findmnt -no OPTIONS /dev/shm | grep -q noexec; then
    PGCLINIC_CACHE=$(mktemp -d /dev/shm/pgclinic-XXXXXX)
    chmod 755 "$PGCLINIC_CACHE"
    export PGCLINIC_CACHE
    trap 'rm -rf "$PGCLINIC_CACHE"' EXIT
fi

.venv/bin/pytest -n 2 --dist worksteal "$@"
status=$?
[ $status -eq 1 ] || exit $status  # all passed, or they could not be run
echo "What failed, again, one at a time:"
.venv/bin/pytest -n 0 -p no:randomly --last-failed --last-failed-no-failures none "$@"
