#!/usr/bin/env bash
# Every test, in random order, two at a time. What fails is run again by itself: the tests start servers, kill them and
# wait for each other, and on a busy machine a neighbour can starve one. What fails twice fails the run; what failed
# once stands in both outputs.
set -uo pipefail
cd "$(dirname "$0")/.."

.venv/bin/pytest -n 2 --dist worksteal "$@"
status=$?
[ $status -eq 1 ] || exit $status  # all passed, or they could not be run
echo "What failed, again, one at a time:"
exec .venv/bin/pytest -n 0 -p no:randomly --last-failed --last-failed-no-failures none "$@"
