#!/bin/sh
# Makes .venv; on a Debian without python3-venv, root installs it and anybody else is told how.
set -eu
python="$1"
[ -x .venv/bin/python ] && exit 0
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pgclinic needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 2; }
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    else
        echo "Python's venv module is missing; run: sudo apt-get install python3-venv" >&2
        exit 2
    fi
fi
"$python" -m venv .venv
