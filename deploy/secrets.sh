#!/usr/bin/env bash
# Writes deploy/.env and deploy/turn-secret/ for compose.yaml, once: passwords of 256 random bits, for this account alone.
#   deploy/secrets.sh SITE MEDIA_ADDRESS [TURN_ADDRESS]       (IPv4, one each)
#   e.g. deploy/secrets.sh visits.example.org 203.0.113.10 203.0.113.11    (the relay is then turn.visits.example.org)
set -euo pipefail
cd "$(dirname "$0")"

[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: deploy/secrets.sh SITE MEDIA_ADDRESS [TURN_ADDRESS]" >&2; exit 2; }
[[ $1 =~ ^[a-z0-9.-]+$ ]] || { echo "the site is a host name, without https://" >&2; exit 2; }
# One, and IPv4: compose writes it before a port, and the relay is told it as a peer.
ipv4() {
    local part
    [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || return 1
    for part in ${1//./ }; do ((10#$part <= 255)) || return 1; done
}
ipv4 "$2" || { echo "the media address is one public IPv4 address of this machine, as 203.0.113.10" >&2; exit 2; }
[ $# -eq 2 ] || { ipv4 "$3" && [ "$3" != "$2" ]; } || {
    echo "the relay needs port 443 of another public IPv4 address of this machine" >&2
    exit 2
}
for old in .env turn-secret; do
    [ ! -e "$old" ] || { echo "deploy/$old is there already: it is the only copy of a password, so it stays" >&2; exit 2; }
done

umask 077
secret() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
turn_secret=$(secret)
{
    printf 'SITE=%s\nMEDIA_ADDRESS=%s\n' "$1" "$2"
    if [ $# -eq 3 ]; then
        printf 'SITE_BIND=%s:\nTURN_ADDRESS=%s\nTURN_PORT=443\n' "$2" "$3"
        printf 'TURN_URLS=turns:turn.%s:443?transport=tcp\n' "$1"
    fi
    for name in POSTGRES_PASSWORD OWNER_PASSWORD APP_PASSWORD BILLING_PASSWORD; do
        printf '%s=%s\n' "$name" "$(secret)"
    done
    printf 'TURN_SECRET=%s\n' "$turn_secret"
} >.env.new
# The server's account in its container reads the file, which is mounted by itself; here the folder keeps others out.
mkdir turn-secret
printf '%s\n' "$turn_secret" >turn-secret/secret
chmod 0444 turn-secret/secret
mv .env.new .env
echo "deploy/.env and deploy/turn-secret written; keep a copy where the practice keeps its keys"
