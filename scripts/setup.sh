#!/usr/bin/env bash
# setup.sh run|test: bring this machine to where the project runs, doing only what is missing.
#
# System packages by apt-get, a virtual environment in .venv, the project installed into it (editable), native
# extensions built in place. Each step leaves a stamp, the hash of what went into it, so a second run takes no time.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/packages.sh
. scripts/python.sh

SET=${1:-run}
case $SET in
run) EXTRAS=embedded ;;
test) EXTRAS=embedded,dev ;;
*) fail "setup.sh knows the sets 'run' and 'test', not '$SET'" ;;
esac
STAMPS=$VENV/stamps

# stamped NAME HASH: was this step done with these very inputs?
stamped() { [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }
stamp() {
    mkdir -p "$STAMPS"
    printf '%s\n' "$2" >"$STAMPS/$1"
}

# pip, by its ordinary configuration, three times: a dropped connection is the commonest failure there is.
pip_install() {
    local attempt
    for attempt in 1 2 3; do
        [ "$attempt" = 1 ] || sleep "$attempt"
        "$VENV/bin/python" -m pip --disable-pip-version-check --no-input install --progress-bar off --retries 5 "$@" && return 0
        echo "attempt $attempt failed"
    done
    return 1
}

# pip_step NAME TITLE ARGUMENTS...
pip_step() {
    step "$1" "$2" pip_install "${@:3}" ||
        fail "Python packages could not be installed (see $LOGS/$1.log), so check the network and pip's configuration and run make again"
}

ensure_venv() {
    local python
    if [ -x "$VENV/bin/python" ] && [ -z "${PYTHON:-}" ]; then
        # A moved folder or an upgraded interpreter leaves an environment that is there and does not work.
        stamped place "$PWD" && "$VENV/bin/python" -c "$_PROBE" >/dev/null 2>&1 && return 0
    fi
    python=$(choose_python) || exit 1
    if [ -x "$VENV/bin/python" ] && stamped place "$PWD" && stamped interpreter "$python"; then return 0; fi
    rm -rf "$VENV"
    step venv "Making the virtual environment with $("$python" --version 2>&1) ($python)" "$python" -m venv "$VENV" ||
        fail "the virtual environment could not be made (see $LOGS/venv.log); free some space or install python3-venv and run make again"
    stamp place "$PWD"
    stamp interpreter "$python"
}

# What decides which packages are installed; the rest of pyproject.toml may change without it.
requirements_digest() {
    "$VENV/bin/python" - <<'PY' | digest
import json, sys, tomllib

with open("pyproject.toml", "rb") as file:
    tree = tomllib.load(file)
print(sys.version, json.dumps([tree["build-system"], tree["project"], tree["tool"]["setuptools"]]))
PY
}

# requirements: what the build and this set need, a requirement a line, as pyproject.toml says.
requirements() {
    "$VENV/bin/python" - "$EXTRAS" <<'PY'
import sys, tomllib

with open("pyproject.toml", "rb") as file:
    tree = tomllib.load(file)
project = tree["project"]
extras = [project["optional-dependencies"][extra] for extra in sys.argv[1].split(",")]
print(*tree["build-system"]["requires"], *project["dependencies"], *sum(extras, []), sep="\n")
PY
}

sources_digest() {
    { cat setup.py; find aywa -name '*.pyx' -o -name '*.pxd' | LC_ALL=C sort | xargs -r cat; "$VENV/bin/python" -VV; } | digest
}

# Somebody may have swept the tree and left the stamp.
native_is_there() {
    local source
    while read -r source; do
        compgen -G "${source%.pyx}.*.so" >/dev/null || return 1
    done < <(find aywa -name '*.pyx')
}

ensure_native() {
    local hash
    hash=$(sources_digest)
    stamped native "$hash" && native_is_there && return 0
    step native "Building native code" "$VENV/bin/python" setup.py -q build_ext --inplace --parallel "$(nproc)" ||
        fail "the native code did not build (see $LOGS/native.log); the compiler's message there names the file"
    stamp native "$hash"
}

# The editable install compiles everything on its own account, so it is the build where it is due.
install_project() {
    local hash
    hash=$(sources_digest)
    printf '[build_ext]\nparallel = %s\n' "$(nproc)" >"$VENV/build.cfg"
    step native "Building native code and installing the project" env DIST_EXTRA_CONFIG="$VENV/build.cfg" \
        "$VENV/bin/python" -m pip --disable-pip-version-check install --no-build-isolation --no-deps --editable . ||
        fail "the native code did not build (see $LOGS/native.log); the compiler's message there names the file"
    stamp native "$hash"
    stamp project "$(requirements_digest)"
}

ensure_python_packages() {
    local hash wanted
    hash=$(requirements_digest)
    if stamped packages-test "$hash" || stamped "packages-$SET" "$hash"; then return 0; fi
    mapfile -t wanted < <(requirements)
    pip_step "pip-$SET" "Installing Python packages for aywa[$EXTRAS]" "${wanted[@]}"
    # The model's package asks for a framework that neither the model nor its runtime needs.
    [ "$SET" != test ] || pip_step pip-voice-model "Installing the voice model for the tests" --no-deps 'silero-vad>=6.2,<7'
    stamped project "$hash" || install_project
    stamp "packages-$SET" "$hash"
}

# `sudo make run` and then `make test` as oneself ends here and not in a trail of refused writes.
if [ ! -w . ] || { [ -e "$VENV" ] && [ ! -w "$VENV" ]; }; then
    fail "$PWD or its $VENV belongs to somebody else, so run make as $(stat -c %U "$([ -e "$VENV" ] && echo "$VENV" || echo .)") or remove $VENV"
fi
ensure_packages "$SET"
ensure_venv
ensure_python_packages
ensure_native
