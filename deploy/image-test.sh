#!/usr/bin/env bash
# Builds the image and proves that it serves the demo page over https as an ordinary user with a read-only root.
#
# No container engine is needed: buildah builds in a chroot, on a base made by debootstrap, and the image is started
# here with its own configuration (user, environment, command, health check) in namespaces of its own. Needs root.
#   deploy/image-test.sh            builds and tests; SUITE=trixie picks another Debian for the base
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'image: %s\n' "$1"; }
fail() { printf 'image: FAILED: %s\n' "$1" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || { echo 'image: run as root: building in a chroot needs it' >&2; exit 2; }
deploy/tools.sh buildah:buildah debootstrap:debootstrap curl:curl unshare:util-linux

suite=${SUITE:-bookworm}
port=${PORT:-$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
work=$(mktemp -d /var/tmp/antechamber-image-XXXXXX)
buildah() { command buildah --root "$work/storage" --runroot "$work/run" "$@"; }
server=
children() { cat "/proc/$1/task/$1/children" 2>/dev/null || true; }
stop() { # this shell's child is a subshell, its child unshare, which passes no signal on, and its child the server
    local part first
    [ -n "$server" ] || return 0
    for part in $(children "$server"); do
        for first in $(children "$part"); do
            kill "-$1" "$first" 2>/dev/null || true
        done
    done
    local code=0
    wait "$server" 2>/dev/null || code=$?
    server=
    return "$code"
}
finish() {
    stop KILL || true
    buildah umount --all >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

# The base: a small Debian, made once and kept.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/antechamber
base=$cache/base-$suite.tar
if [ ! -s "$base" ]; then
    say "making the base with debootstrap ($suite)"
    mkdir -p "$cache"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$work/base" >"$work/debootstrap.log" 2>&1 \
        || { tail -n 5 "$work/debootstrap.log" >&2; fail "debootstrap"; }
    rm -rf "$work"/base/var/cache/apt/archives/*.deb
    tar -C "$work/base" -cf "$base.new" .
    mv "$base.new" "$base"
    rm -rf "$work/base"
fi
scratch=$(buildah from scratch)
buildah add --quiet "$scratch" "$base" / >/dev/null
buildah commit --quiet --rm "$scratch" localhost/antechamber-base >/dev/null
say "base is ready ($suite)"

# This machine's authorities are lent to the build, so that it also works behind a proxy of the house; none is kept.
bundle=/etc/ssl/certs/ca-certificates.crt
begun=$SECONDS
buildah bud --quiet --layers=false --build-arg BASE=localhost/antechamber-base --volume "$bundle:$bundle:ro" \
    --tag localhost/antechamber --file deploy/Dockerfile . >"$work/build.log" 2>&1 \
    || { tail -n 20 "$work/build.log" >&2; fail "the build"; }
say "built in $((SECONDS - begun)) s"

# What the image says of itself, not what this script would like.
config() { buildah inspect --type image --format "{{$1}}" localhost/antechamber; }
user=$(config .OCIv1.Config.User)
[ "$user" = 10001:10001 ] || fail "the image's user is '$user'"
mapfile -t environment < <(config 'range .OCIv1.Config.Env}}{{println .}}{{end' | sed '/^$/d')
command=(antechamber demo) # as the image's own `antechamber serve`, with a practice to look at
[ "$(config 'index .OCIv1.Config.Cmd 1')" = serve ] || fail "the image's command is not antechamber serve"
container=$(buildah from localhost/antechamber)
root=$(buildah mount "$container")
say "$(du -sm "$root" | cut -f1) MB unpacked"

# Volumes as an engine would make them: owned as in the image, writable; everything else read-only; no capabilities.
for volume in data keys; do
    install -d -o 10001 -g 10001 -m 0700 "$work/$volume"
done
cat >"$work/start" <<'START'
#!/bin/bash
# Runs inside a mount namespace of its own: $1 root, $2 work, the rest is the command in the image.
set -euo pipefail
root=$1 work=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount --bind "$work/data" "$root/data"
mount --bind "$work/keys" "$root/keys"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,nodev,mode=1777,size=64m tmpfs "$root/tmp"
mount -t tmpfs -o nosuid,mode=0755,size=1m tmpfs "$root/dev"
for device in null zero random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -m 1777 "$root/dev/shm"
mount -t tmpfs -o nosuid,nodev,mode=1777,size=256m tmpfs "$root/dev/shm"
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all \
    --inh-caps=-all "$@"
START
inside() {
    unshare --mount --pid --fork bash "$work/start" "$root" "$work" \
        env -i "${environment[@]}" "ANTECHAMBER_PORT=$port" "$@"
}

if inside sh -c 'echo x > /app/x' 2>/dev/null; then fail "the root is writable"; fi
[ "$(inside id -u)" = 10001 ] || fail "it does not run as an ordinary user"
inside sh -c 'touch /data/x && rm /data/x' || fail "the data volume is not writable"
say "root is read-only; runs as uid 10001 without capabilities"

begun=$SECONDS
inside "${command[@]}" >"$work/server.log" 2>&1 &
server=$!
authority=$work/data/antechamber/tls/authority.pem
get() { curl --silent --show-error --fail --noproxy '*' --max-time 5 --cacert "$authority" "https://localhost:$port$1"; }
until [ -s "$authority" ] && get /healthz >"$work/health" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { tail -n 20 "$work/server.log" >&2; fail "the server ended"; }
    [ $((SECONDS - begun)) -lt 90 ] || { tail -n 20 "$work/server.log" >&2; fail "no answer within 90 s"; }
    sleep 0.2
done
say "answers over https after $((SECONDS - begun)) s: $(cat "$work/health")"
get /sign-in >"$work/page.html" || fail "the sign-in page"
grep -q 'Sign in' "$work/page.html" || fail "the sign-in page does not say Sign in"
for needed in clinician client biller; do
    grep -q "\"$needed\"" "$work/data/antechamber/demo.json" || fail "demo.json has no $needed"
done
get /j >"$work/client.html" || fail "the client's page"
grep -q 'Your video visit' "$work/client.html" || fail "the client's page is not the client's page"
get /static/js/client.js >"$work/client.js" || fail "the client's script"
say "the demo's pages are served, verified against the server's own authority"

# The health check, as the image names it, against the running server.
mapfile -t health < <(buildah inspect --type image --format '{{range .Docker.config.Healthcheck.Test}}{{println .}}{{end}}' \
    localhost/antechamber 2>/dev/null | sed -e '/^$/d' -e 1d)
[ ${#health[@]} -gt 0 ] || health=(python /app/deploy/alive.py) # the OCI format has no place for it
inside "${health[@]}" || fail "the health check says no: ${health[*]}"
if inside env ANTECHAMBER_PORT=1 "${health[@]}"; then fail "the health check always says yes"; fi
say "the health check tells a living server from a dead one"

stop TERM || { tail -n 5 "$work/server.log" >&2; fail "it did not stop cleanly when told"; }
say "stops when told; passed"
