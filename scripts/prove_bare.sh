#!/usr/bin/env bash
# prove_bare.sh run|test|all|wheel [SUITE]: what a new user meets. Needs root and debootstrap.
#
# Builds a minimal Debian root (SUITE, bookworm unless named) with make, git and ca-certificates and nothing else,
# clones HEAD into it and runs the README's commands there: `make run ONCE=1` twice (the second time without any
# network but loopback) and `make test`. `wheel` instead installs dist/*.whl into a root that has python3-venv and no
# compiler. The root lives in its own mount and process namespaces: whatever is started in it ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

what=${1:-all}
suite=${2:-bookworm}
case $what in run | test | all) packages=make,git,ca-certificates ;; wheel) packages=python3,python3-venv,ca-certificates ;; *) fail "prove_bare.sh run|test|all|wheel [SUITE]" ;; esac
[ "$(id -u)" -eq 0 ] || fail "prove_bare.sh needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "prove_bare.sh needs debootstrap: apt-get install debootstrap"

if [ -z "${AYWA_BARE_ROOT:-}" ]; then
    AYWA_BARE_ROOT=$(mktemp -d "${TMPDIR:-/tmp}/aywa-bare.XXXXXX")
    export AYWA_BARE_ROOT
    # The namespaces, and every mount in them, are gone before the folder is removed.
    trap 'rm -rf --one-file-system "$AYWA_BARE_ROOT"' EXIT
    unshare --mount --pid --fork --kill-child --propagation private "$0" "$what" "$suite"
    exit
fi
root=$AYWA_BARE_ROOT

# What the host's pip and apt are told, so that the root reaches the same indexes by the same ways. Nothing here
# names one.
mirror() {
    awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}' \
        /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1
}
copy_settings() {
    local file
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" /etc/apt/apt.conf; do
        [ -f "$file" ] && install -D -m 644 "$file" "$root$file"
    done
    { grep -lE 'Acquire::(https?|Retries|Check|Proxy)' /etc/apt/apt.conf.d/* 2>/dev/null || true; } | xargs -r cp -t "$root/etc/apt/apt.conf.d"
    cp -a /etc/ssl/certs/. "$root/etc/ssl/certs/"
    [ -d /usr/local/share/ca-certificates ] && cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
    # Folders that pip is pointed at come along, read-only.
    python3 -m pip config list 2>/dev/null | grep -oE "(file://)?/[^' ]+" | sed 's#^file://##' | sort -u |
        while read -r file; do
            # An index's folder refers to its siblings, so its parent comes along.
            case $file in */simple | */simple/) file=$(dirname "$file") ;; esac
            if [ ! -d "$file" ] || [ -d "$root$file" ]; then continue; fi
            mkdir -p "$root$file"
            mount --bind "$file" "$root$file"
            mount -o remount,bind,ro "$root$file"
        done
}
mount_kernel() {
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs shm "$root/dev/shm"
}

# inside COMMAND...: a login as root on that machine, with pip's environment of this one.
inside() {
    local carried
    mapfile -t carried < <(env | grep -E '^(PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(https?|no|HTTPS?|NO)_(proxy|PROXY))[A-Z_]*=' || true)
    chroot "$root" /usr/bin/env -i HOME="$HOME" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 TERM=dumb "${carried[@]}" "$@" </dev/null
}

# A package that brought a service would have to be kept from starting it.
no_services() {
    local found
    found=$(find "$root/lib/systemd/system" "$root/etc/init.d" -cnewer "$root/etc/debootstrap.done" \( -name '*.service' -o -path '*/init.d/*' \) 2>/dev/null | head)
    [ -z "$found" ] || fail "the set-up brought services: $found"
}

# timed WHAT COMMAND...: what fails here ends the proof, whatever context it is called from.
timed() {
    local started=$SECONDS title=$1
    shift
    say "$title"
    "$@" || fail "failed after $((SECONDS - started)) s: $title"
    say "$title: done in $((SECONDS - started)) s"
}

prove_project() {
    git -c advice.detachedHead=false clone --quiet "file://$PWD" "$root/srv/aywa"
    in_clone() { inside sh -c 'cd /srv/aywa && exec "$@"' sh "$@"; }
    case $what in run | all)
        timed "make run ONCE=1" in_clone make run ONCE=1
        no_services
        # lo is up in a new namespace only when somebody brings it up.
        export -f inside
        export root
        timed "make run ONCE=1 again, with no network but loopback" unshare --net bash -c 'ip link set lo up && inside sh -c "cd /srv/aywa && exec make run ONCE=1"'
        ;;
    esac
    case $what in test | all)
        timed "make test" in_clone make test
        no_services
        ;;
    esac
}

prove_wheel() {
    local wheel
    wheel=$(compgen -G 'dist/aywa-*manylinux*.whl') || fail "dist/ holds no wheel, so run make wheel first"
    mkdir -p "$root/srv/dist"
    # shellcheck disable=SC2086  # a list of files
    cp $wheel "$root/srv/dist/"
    cp scripts/prove_wheel.py "$root/srv/"
    inside sh -c '! command -v gcc cc make' || fail "this root has a compiler, so it proves nothing"
    timed "python3 -m venv" inside python3 -m venv /srv/venv
    timed "pip install aywa[embedded], nothing to be built" \
        inside /srv/venv/bin/pip install --quiet --only-binary :all: --find-links /srv/dist 'aywa[embedded]'
    timed "aywa-media --help" inside /srv/venv/bin/aywa-media --help
    timed "aywa --help" inside /srv/venv/bin/aywa --help
    timed "import everything, carry audio" inside /srv/venv/bin/python -I /srv/prove_wheel.py
}

step debootstrap "Making a minimal $suite in $root" debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$(mirror)" ||
    fail "debootstrap failed (see $LOGS/debootstrap.log)"
touch "$root/etc/debootstrap.done"
copy_settings
mount_kernel
if [ "$what" = wheel ]; then prove_wheel; else prove_project; fi
say "proved: $what in a bare $suite"
