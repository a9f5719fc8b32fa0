#!/usr/bin/env bash
# Format, lint, types of Python and of the browser code, and the law of the rooms. Runs all, then fails if any failed.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
step() {
    local name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed+=("$name")
}
step "format" .venv/bin/ruff format --check --quiet .
step "lint" .venv/bin/ruff check --quiet .
step "types (Python)" .venv/bin/mypy
step "types (the tests' instruments)" .venv/bin/mypy --explicit-package-bases tests/conftest.py tests/rooms tests/browser
step "types (browser)" node_modules/.bin/tsc --project tsconfig.json
step "the law of the rooms" .venv/bin/python -m pytest -q tests/rooms

if [ ${#failed[@]} -gt 0 ]; then
    printf 'make check: failed: %s\n' "$(IFS=,; echo "${failed[*]}")" >&2
    exit 1
fi
echo 'make check: all clean'
