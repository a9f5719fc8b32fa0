#!/usr/bin/env bash
# Sees that programs of the operating system are there: `deploy/tools.sh chromium:chromium tcpdump:tcpdump`.
#
# Each argument is COMMAND:PACKAGE, or a bare PACKAGE that is known to be missing. What is missing is installed
# with apt when this runs as root on Debian or Ubuntu; otherwise one clear line says what to install, exit code 2.
set -euo pipefail

missing=()
for wanted in "$@"; do
    command=${wanted%%:*}
    package=${wanted#*:}
    # A plain user's PATH on Debian lacks /usr/sbin, where nft and tcpdump live.
    if [ "$command" = "$package" ] && [ "$wanted" = "$package" ]; then
        missing+=("$package")
    elif ! PATH="$PATH:/usr/sbin:/sbin" command -v "$command" >/dev/null 2>&1; then
        missing+=("$package")
    fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf 'antechamber: please install: %s   (on Debian: sudo apt-get install %s)\n' "${missing[*]}" "${missing[*]}" >&2
    exit 2
fi

printf 'antechamber: installing from the system packages: %s\n' "${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    printf 'antechamber: could not install %s (on Ubuntu the browsers are snaps: run the tests on Debian 12 or 13)\n' \
        "${missing[*]}" >&2
    exit 2
fi
