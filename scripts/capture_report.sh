#!/bin/sh
# A picture of a report for the documentation: capture_report.sh REPORT.html PICTURE.png [WIDTH HEIGHT]
set -eu
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" \
  --window-size="${3:-1040},${4:-1120}" --screenshot="$2" "file://$(realpath "$1")" >/dev/null 2>&1
