#!/usr/bin/env bash
# peers.sh: a folder with Asterisk 22 and Kamailio for the tests, made once; its path is the last line printed.
#
# Debian's packages of both carry services, and a stable Debian has no Asterisk at all. So apt fetches them, with all that
# they need, from Debian's sid at the mirror that this machine's apt uses, and they are unpacked below a cache folder:
# nothing is installed, nothing is started, root is not needed. They run by the C library that came with them
# (tests/kit/peers.py). On Ubuntu its own packages are taken. Two at a time: the second waits for the first.
set -euo pipefail

PACKAGES="asterisk asterisk-modules asterisk-core-sounds-en-wav kamailio"
EDITION=1 # another number makes every cache be built anew

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

cache=${AYWA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aywa}
root=$cache/peers-$EDITION
mkdir -p "$cache"
exec 9>"$cache/peers.lock"
flock 9
if [ -e "$root/complete" ]; then
    echo "$root"
    exit
fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "Asterisk and Kamailio come from Debian's or Ubuntu's packages, and this is neither"

# The archive that this machine's apt asks first, as its sources say in either form.
mirror() {
    awk '/^URIs:/ {print $2; exit}
         /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /^(https?|file):/) {print $i; exit}}' \
        /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1
}

work=$cache/peers-work
rm -rf "$work" "$root"
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$root"
: >"$work/state/status" # as if nothing were installed: everything that is needed is fetched
options=(
    -o "Dir::State=$work/state" -o "Dir::State::status=$work/state/status" -o "Dir::Cache=$work/cache"
    -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Update::Post-Invoke-Success::=
)
if grep -q '^ID=debian' /etc/os-release; then
    source=$(mirror)
    [ -n "$source" ] || fail "apt's sources name no archive that packages can be fetched from"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $source sid main" >"$work/sources.list"
    options+=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=-)
fi
echo "fetching $PACKAGES ..."
apt-get "${options[@]}" update || fail "the lists of packages could not be read"
# shellcheck disable=SC2086  # a list of names
apt-get "${options[@]}" -y --no-install-recommends --download-only install $PACKAGES || fail "packages could not be fetched"
echo "unpacking ..."
find "$work/cache/archives" -name '*.deb' -print0 | xargs -0 -P 2 -I {} dpkg-deb -x {} "$root"
ln -sfn en_US_f_Allison "$root/usr/share/asterisk/sounds/en"
rm -rf "$work" "${root:?}"/usr/share/doc "${root:?}"/usr/share/locale
touch "$root/complete"
echo "$root"
