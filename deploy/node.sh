#!/usr/bin/env bash
# Sees that node_modules matches package-lock.json: the type checker for the browser code and the accessibility
# checker for the tests. Nothing of it is ever served: the browser gets web/js as it stands.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=$(cat package.json package-lock.json | sha256sum | cut -d' ' -f1)
[ -f node_modules/.stamp ] && [ "$(cat node_modules/.stamp)" = "$stamp" ] && exit 0

deploy/tools.sh node:nodejs npm:npm
exec 9>.node.lock
flock 9
[ -f node_modules/.stamp ] && [ "$(cat node_modules/.stamp)" = "$stamp" ] && exit 0
printf 'antechamber: preparing node_modules\n' >&2
npm ci --silent --ignore-scripts --no-audit --no-fund --no-update-notifier
printf '%s\n' "$stamp" >node_modules/.stamp
