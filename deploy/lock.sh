#!/usr/bin/env bash
# Refreshes requirements.lock (run time) and requirements-dev.lock (run time and tests) from pyproject.toml.
# uv resolves for every platform and Python >= 3.11 at once; no index address is written into the files.
#   deploy/lock.sh          takes the newest versions
#   deploy/lock.sh --keep   keeps what is locked and adds or drops only what pyproject.toml asks for
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/python -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uv
upgrade=(--upgrade)
if [ "${1:-}" = --keep ]; then
    upgrade=()
    cp requirements.lock "$work/run.lock"
    cp requirements-dev.lock "$work/dev.lock"
fi
compile() {
    "$work/venv/bin/uv" pip compile --quiet --universal "${upgrade[@]}" --python-version 3.11 \
        --generate-hashes --no-header --no-annotate --no-emit-index-url "$@" pyproject.toml >/dev/null
}
compile --output-file "$work/run.lock"
compile --extra dev --output-file "$work/dev.lock"
mv "$work/run.lock" requirements.lock
mv "$work/dev.lock" requirements-dev.lock
printf 'antechamber: locks refreshed; review the difference, then run make test\n' >&2
