#!/usr/bin/env bash
# prove_wheel.sh [PYTHON]: install the wheel of dist/ that fits this Python into an empty environment with nothing on
# PATH but that environment (no compiler, no make, no pkg-config), and run it there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

python=${1:-$VENV/bin/python}
tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
wheel=$(compgen -G "dist/aywa-*-$tag-$tag-*.whl" | head -n 1) || fail "dist/ holds no wheel for $tag, so run make wheel first"
case $wheel in *manylinux*) ;; *) fail "$wheel is not a manylinux wheel" ;; esac
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# alone COMMAND...: pip's own configuration stays, PATH and the compiler do not.
alone() { (cd "$place" && env -u CC -u CFLAGS -u PYTHONPATH -u VIRTUAL_ENV PATH="$place/venv/bin" PIP_ONLY_BINARY=:all: "$@"); }

wheel=$PWD/$wheel
proof=$PWD/scripts/prove_wheel.py
step prove-venv "Making an empty environment ($tag)" "$python" -m venv "$place/venv" || fail "no environment could be made (see $LOGS/prove-venv.log)"
step prove-install "Installing $(basename "$wheel") with embedded" alone "$place/venv/bin/python" -m pip --disable-pip-version-check install "${wheel}[embedded]" ||
    fail "the wheel did not install without a compiler (see $LOGS/prove-install.log)"
for command in aywa aywa-media; do
    say "$command --help"
    alone "$place/venv/bin/$command" --help | head -n 3
done
say "Importing every module, and a call's leg over loopback"
alone "$place/venv/bin/python" -I "$proof"
