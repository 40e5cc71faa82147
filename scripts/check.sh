#!/usr/bin/env bash
# check.sh [--tools]: linters, formatting, types, floors and, without --tools, the house's own tests. Runs them all, then tells.
#
# The last lines name what failed and say again what it said: of a long run's output, often only the end is kept.
# AYWA_CHECK_REPORT: a file for these lines, written only when something failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

SHOWN=40 # lines of each tool's output that are said again
failed=()
mkdir -p "$LOGS"
# try NAME COMMAND...
try() {
    local name=$1 started=$SECONDS
    shift
    say "$name"
    if "$@" 2>&1 | tee "$LOGS/check-${name// /-}.log"; then
        printf '    %s: ok, %d s\n' "$name" $((SECONDS - started))
    else
        failed+=("$name")
    fi
}

report() {
    local name
    for name in "${failed[@]}"; do
        say "$name failed:"
        tail -n "$SHOWN" "$LOGS/check-${name// /-}.log"
    done
}

bin=$VENV/bin
try "ruff check" "$bin/ruff" check --quiet --output-format concise .
try "ruff format" "$bin/ruff" format --check .
try "mypy --strict" "$bin/mypy"
try "import-linter" env PYTHONPATH=.:server:installer "$bin/lint-imports" --no-logo
[ "${1:-}" = --tools ] || try "house tests" "$bin/python" -m pytest -q tests/house
[ ${#failed[@]} -gt 0 ] || exit 0
report | tee "${AYWA_CHECK_REPORT:-/dev/null}"
fail "these failed, see above: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')"
