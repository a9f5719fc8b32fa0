#!/usr/bin/env bash
# Writes deploy/.env for compose.yaml, once: passwords of 256 random bits, readable by this account alone.
#   deploy/secrets.sh SITE MEDIA_ADDRESS        e.g. deploy/secrets.sh visits.example.org 203.0.113.10
set -euo pipefail
cd "$(dirname "$0")"

[ $# -eq 2 ] || { echo "usage: deploy/secrets.sh SITE MEDIA_ADDRESS" >&2; exit 2; }
[[ $1 =~ ^[a-z0-9.-]+$ ]] || { echo "the site is a host name, without https://" >&2; exit 2; }
[[ $2 =~ ^[0-9a-fA-F.:,]+$ ]] || { echo "the media address is this machine's public IP address" >&2; exit 2; }
[ ! -e .env ] || { echo "deploy/.env is there already: it is the only copy of the passwords, so it stays" >&2; exit 2; }

umask 077
secret() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
{
    printf 'SITE=%s\nMEDIA_ADDRESS=%s\n' "$1" "$2"
    for name in POSTGRES_PASSWORD OWNER_PASSWORD APP_PASSWORD BILLING_PASSWORD TURN_SECRET; do
        printf '%s=%s\n' "$name" "$(secret)"
    done
} >.env.new
mv .env.new .env
echo "deploy/.env written; keep a copy where the practice keeps its keys"
