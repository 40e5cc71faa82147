#!/usr/bin/env bash
# wheel.sh [PYTHON...]: dist/*.tar.gz and a manylinux wheel in dist/ for .venv's Python and for each other one named,
# each built from the sdist, so that what is missing in the sdist is missing here and not at a user's.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

out=dist
rm -rf "$out" build/wheel
mkdir -p "$out" build/wheel

# repair PYTHON-ENVIRONMENT: name the oldest system the wheel runs on, and carry the libraries it links.
repair() {
    local wheel
    for wheel in build/wheel/*.whl; do
        PATH=$PWD/$VENV/bin:$PATH step repair "Repairing $(basename "$wheel")" "$VENV/bin/auditwheel" repair --strip --wheel-dir "$out" "$wheel" ||
            fail "the wheel cannot be made to run elsewhere (see $LOGS/repair.log)"
        rm "$wheel"
    done
}

step sdist "Building the sdist" "$VENV/bin/python" -m build --no-isolation --sdist --outdir "$out" ||
    fail "the sdist did not build (see $LOGS/sdist.log)"
sdist=$(echo "$out"/*.tar.gz)
step wheel "Building the wheel from it" "$VENV/bin/python" -m pip --disable-pip-version-check wheel --no-build-isolation --no-deps --wheel-dir build/wheel "$sdist" ||
    fail "the wheel did not build (see $LOGS/wheel.log)"
repair
for python in "$@"; do
    step wheel-other "Building a wheel with $("$python" --version 2>&1)" "$python" -m pip --disable-pip-version-check wheel --no-deps --wheel-dir build/wheel "$sdist" ||
        fail "the wheel did not build with $python (see $LOGS/wheel-other.log)"
    repair
done
rm -rf build/wheel
for file in "$out"/*; do printf '    %s  %s KiB\n' "$file" "$(($(stat -c %s "$file") / 1024))"; done
