#!/usr/bin/env bash
# Makes .venv from the hash-locked dependencies; a quick no-op when nothing has changed.
#
# The project itself is put on the path by one .pth line and a five-line console script, not by an editable
# install: that would need a build backend (hatchling), downloaded and trusted outside the locks, for nothing
# that the tree does not already have. The image runs the copied tree in the same way.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'antechamber: %s\n' "$1" >&2; }
refuse() { say "$1"; exit 2; }

lock=requirements-dev.lock
venv=.venv
floor='import sys; sys.exit(sys.version_info < (3, 11))'
stamp_of() { { printf '%s\n' "$PWD" "$1"; cat "$lock" deploy/env.sh; } | sha256sum | cut -d' ' -f1; }

# Nothing to do? (No Python is started on this path: it costs milliseconds.)
if [ -x "$venv/bin/python" ] && [ -f "$venv/.stamp" ]; then
    read -r made_by stamp <"$venv/.stamp"
    [ "$stamp" = "$(stamp_of "$made_by")" ] && exit 0
fi

# Two `make` at once: the second waits, then finds the work done.
exec 9>.venv.lock
if ! flock -n 9; then
    say "another make is preparing .venv; waiting for it"
    flock 9
    exec 9>&-
    exec "$0"
fi

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$floor" 2>/dev/null; then
            python=$candidate
            break
        fi
    done
fi
if [ -z "$python" ] || ! "$python" -c "$floor" 2>/dev/null; then
    found=$("${python:-python3}" --version 2>/dev/null || echo "no python3")
    refuse "Python 3.11 or newer is needed (found: $found). Install it, or name it: make PYTHON=/path/to/python3.11"
fi
version=$("$python" -c 'import platform; print(platform.python_version())')

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    deploy/tools.sh "$package"
fi

say "preparing .venv with Python $version (about a minute the first time)"
# A half-made environment is never left behind under the final stamp: it is removed first and written last.
rm -f "$venv/.stamp"
if [ ! -x "$venv/bin/python" ] || [ "$("$venv/bin/python" -c 'import platform; print(platform.python_version())' 2>/dev/null)" != "$version" ]; then
    "$python" -m venv --clear "$venv"
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --no-deps --only-binary :all: -r "$lock"

site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$PWD" >"$site/antechamber.pth"
cat >"$venv/bin/antechamber" <<SCRIPT
#!$PWD/$venv/bin/python
import sys

from server.cli import main

sys.exit(main())
SCRIPT
chmod +x "$venv/bin/antechamber"
printf '%s %s\n' "$version" "$(stamp_of "$version")" >"$venv/.stamp"
