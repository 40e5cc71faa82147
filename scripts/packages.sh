# System packages a set needs, and their installation only where something is missing. Sourced by setup.sh after lib.sh.
# shellcheck shell=bash

SOUNDS=/usr/share/asterisk/sounds/en_US_f_Allison
TRANSCRIPTS=/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz

# PACKAGE PROOF: the proof is a file or a command. What is there, however it came there, is not installed again,
# so nothing here needs root on a machine that is complete. None of these packages carries a service.
packages_of() {
    case $1 in run | test)
        echo "gcc gcc"
        echo "libc6-dev /usr/include/stdio.h"
        echo "pkg-config pkg-config"
        echo "libopus-dev /usr/include/opus/opus.h"
        echo "libssl-dev /usr/include/openssl/evp.h"
        echo "ca-certificates /etc/ssl/certs/ca-certificates.crt"
        echo "sox sox"
        echo "asterisk-core-sounds-en-wav $SOUNDS/vm-goodbye.wav"
        echo "asterisk-core-sounds-en $TRANSCRIPTS"
        ;;
    esac
    case $1 in test)
        echo "git git"
        echo "sip-tester sipp"
        echo "baresip-core baresip"
        echo "tcpdump tcpdump"
        # redis-check-rdb is the server under another name: redis-server itself is a service
        echo "redis-tools redis-check-rdb"
        ;;
    esac
    case $1 in turns) # recorded speech of bench/turns, with its words
        local voice language
        for voice in es_MX_f_Allison fr_CA_f_June it_IT_m_Carlo ru_RU_f_IvrvoiceRU; do
            language=${voice%%_*}
            echo "asterisk-core-sounds-$language-wav /usr/share/asterisk/sounds/$voice/vm-goodbye.wav"
            echo "asterisk-core-sounds-$language /usr/share/doc/asterisk-core-sounds-$language/core-sounds-$language.txt.gz"
        done
        ;;
    esac
}

# is_there PROOF
is_there() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# missing_of SET: package names on one line.
missing_of() {
    local package proof
    packages_of "$1" | while read -r package proof; do
        is_there "$proof" || printf '%s ' "$package"
    done
}

# apt_get ARGUMENTS...: no questions, and patience with another apt that holds the lock.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=180 -o Acquire::Retries=3 "$@"
}

# Called before the first installation of a run: may we, can we, and are the lists there?
prepare_apt() {
    command -v apt-get >/dev/null 2>&1 ||
        fail "these are missing and this is neither Debian nor Ubuntu (no apt-get), so install them yourself and run make again: $*"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 ||
            fail "system packages are missing and there is no sudo, so run this as root and then make again: apt-get install -y $*"
        sudo -v || fail "system packages are missing and sudo was refused, so have root run: apt-get install -y $*"
    fi
    [ -n "${APT_READY:-}" ] && return
    step apt-update "Reading the lists of system packages" apt_get update ||
        fail "the lists of system packages could not be read, so check the network and apt's sources (see $LOGS/apt-update.log) and run make again"
    APT_READY=1
}

# install_packages PACKAGES...
install_packages() {
    prepare_apt "$@"
    # Minimal images exclude /usr/share/doc, where the recordings' transcripts lie; --reinstall brings a file back
    # whose package is there without it.
    step apt-install "Installing system packages: $*" \
        apt_get install --no-install-recommends --reinstall \
        -o "Dpkg::Options::=--path-include=/usr/share/doc/asterisk-core-sounds-*/*" "$@" ||
        fail "system packages could not be installed (see $LOGS/apt-install.log); mend what it names (on Ubuntu, 'universe' must be enabled) or run: apt-get install -y $*"
}

# ensure_packages SET
ensure_packages() {
    local missing
    missing=$(missing_of "$1")
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086  # a list of names
    install_packages $missing
    missing=$(missing_of "$1")
    [ -z "$missing" ] || fail "these packages were installed and yet what they carry is not there: $missing(see $LOGS/apt-install.log)"
}
