#!/usr/bin/env bash
# check.sh [--tools]: linters, formatting, types, floors and, without --tools, the house's own tests. Runs them all, then tells.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

failed=()
# try NAME COMMAND...
try() {
    local name=$1 started=$SECONDS
    shift
    say "$name"
    if "$@"; then printf '    %s: ok, %d s\n' "$name" $((SECONDS - started)); else failed+=("$name"); fi
}

bin=$VENV/bin
try "ruff check" "$bin/ruff" check --quiet --output-format concise .
try "ruff format" "$bin/ruff" format --check --quiet .
try "mypy --strict" "$bin/mypy"
try "import-linter" env PYTHONPATH=.:server:installer "$bin/lint-imports" --no-logo
[ "${1:-}" = --tools ] || try "house tests" "$bin/python" -m pytest -q tests/house
[ ${#failed[@]} -eq 0 ] || fail "these failed, see above: ${failed[*]}"
