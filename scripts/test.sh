#!/usr/bin/env bash
# test.sh [PYTEST ARGUMENTS...]: the linters and then every test; with arguments only those tests.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

# One process, one test after the other: tests that listen to real audio on real sockets are judged by it, and a
# second worker on a two-core machine would be the noise they hear. The limit is for a run that hangs; INT makes
# pytest say where.
run_pytest() {
    timeout --signal=INT --kill-after=60 "${TEST_LIMIT_S:-1440}" "$VENV/bin/python" -m pytest "$@"
}

if [ $# -gt 0 ]; then
    run_pytest "$@"
else
    # Asterisk and Kamailio are fetched while the linters run; the tests that want them wait for it (tests/kit/peers.py).
    mkdir -p "$LOGS"
    scripts/peers.sh >"$LOGS/peers.log" 2>&1 </dev/null &
    checks=0
    report=$LOGS/check-report
    : >"$report"
    AYWA_CHECK_REPORT=$report scripts/check.sh --tools || checks=$?
    say "pytest"
    status=0
    run_pytest -q --no-skips --continue-on-collection-errors || status=$?
    # Said again: whoever keeps the end of this output is to see there what stands at its top.
    [ ! -s "$report" ] || cat "$report" >&2
    case $status in
    0) tests="the tests passed" ;;
    124) tests="the tests were stopped after ${TEST_LIMIT_S:-1440} s, and the trace above shows where they hung" ;;
    *) tests="tests failed, see above (pytest's status $status)" ;;
    esac
    [ "$checks" -eq 0 ] || fail "$tests; linters failed: $(sed -n 's/^==> \(.*\) failed:$/\1/p' "$report" | paste -sd, -)"
    [ "$status" -eq 0 ] || fail "$tests"
fi
