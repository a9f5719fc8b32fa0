#!/usr/bin/env bash
# Writes deploy/.env for compose.yaml, once: passwords of 256 random bits, readable by this account alone.
#   deploy/secrets.sh SITE MEDIA_ADDRESS [TURN_ADDRESS]
#   e.g. deploy/secrets.sh visits.example.org 203.0.113.10 203.0.113.11    (the relay is then turn.visits.example.org)
set -euo pipefail
cd "$(dirname "$0")"

[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: deploy/secrets.sh SITE MEDIA_ADDRESS [TURN_ADDRESS]" >&2; exit 2; }
[[ $1 =~ ^[a-z0-9.-]+$ ]] || { echo "the site is a host name, without https://" >&2; exit 2; }
[[ $2 =~ ^[0-9a-fA-F.:,]+$ ]] || { echo "the media address is this machine's public IP address" >&2; exit 2; }
[ $# -eq 2 ] || [[ $3 =~ ^[0-9a-fA-F.:]+$ && $3 != "$2" ]] || {
    echo "the relay needs port 443 of another public IP address of this machine" >&2
    exit 2
}
[ ! -e .env ] || { echo "deploy/.env is there already: it is the only copy of the passwords, so it stays" >&2; exit 2; }

umask 077
secret() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
{
    printf 'SITE=%s\nMEDIA_ADDRESS=%s\n' "$1" "$2"
    if [ $# -eq 3 ]; then
        printf 'SITE_BIND=%s:\nTURN_ADDRESS=%s\nTURN_PORT=443\n' "$2" "$3"
        printf 'TURN_URLS=turns:turn.%s:443?transport=tcp\n' "$1"
    fi
    for name in POSTGRES_PASSWORD OWNER_PASSWORD APP_PASSWORD BILLING_PASSWORD TURN_SECRET; do
        printf '%s=%s\n' "$name" "$(secret)"
    done
} >.env.new
mv .env.new .env
echo "deploy/.env written; keep a copy where the practice keeps its keys"
