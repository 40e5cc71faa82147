# Which Python the virtual environment is made with. Sourced by setup.sh after lib.sh and packages.sh.
# shellcheck shell=bash

# What a suitable interpreter says: its path when it is 3.11 to 3.13 and can make environments and build extensions.
_PROBE='
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(3)
import ensurepip, os, sysconfig, venv
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    sys.exit(4)
print(sys._base_executable or sys.executable)  # never the environment that is about to be replaced
'

# complete_python: print the first suitable interpreter on PATH.
complete_python() {
    local candidate
    for candidate in python3 python3.11 python3.12 python3.13; do
        "$candidate" -c "$_PROBE" 2>/dev/null && return 0
    done
    return 1
}

# python_packages: what apt must bring for a complete interpreter here. Named by version: `python3` is 3.10 on Ubuntu 22.04.
python_packages() {
    local version
    for version in 3.11 3.12 3.13; do
        if apt-cache show "python$version" >/dev/null 2>&1; then
            echo "python$version python$version-venv python$version-dev"
            return 0
        fi
    done
    return 1
}

# choose_python: print the interpreter to use, installing one where there is none.
choose_python() {
    local packages
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c "$_PROBE" 2>/dev/null ||
            fail "PYTHON=$PYTHON will not do: Aywa needs a Python 3.11 to 3.13 with venv and its headers, so unset PYTHON or name another"
        return 0
    fi
    complete_python && return 0
    prepare_apt python3-venv python3-dev >&2
    packages=$(python_packages) ||
        fail "this distribution has no Python 3.11 to 3.13, so install one with its venv and headers and run make again with PYTHON=/path/to/it"
    # shellcheck disable=SC2086  # a list of names
    install_packages $packages >&2
    complete_python || fail "Python was installed and yet none from 3.11 to 3.13 with venv and headers is on PATH (see $LOGS/apt-install.log)"
}
