#!/usr/bin/env bash
# test.sh [PYTEST ARGUMENTS...]: the linters and then every test; with arguments only those tests, one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

LEDGER=$LOGS/tests

# The limit is for a run that hangs; INT makes pytest say where.
run_pytest() {
    local left=$((${TEST_LIMIT_S:-1440} - SECONDS))
    timeout --signal=INT --kill-after=60 "$((left > 1 ? left : 1))" "$VENV/bin/python" -m pytest "$@"
}

# part NAME TITLE ARGUMENTS...: one part of the tests (tests/kit/phases.py); `status_NAME` is how pytest ended.
part() {
    local name=$1 title=$2 started=$SECONDS status=0 color=()
    shift 2
    [ ! -t 1 ] || color=(--color=yes)
    say "pytest: $title"
    run_pytest -q --no-skips --continue-on-collection-errors --phase "$name" --ledger "$LEDGER" "${color[@]}" "$@" |
        tee "$LOGS/pytest-$name.log" || status=${PIPESTATUS[0]}
    printf '    %s: %d s\n' "$title" $((SECONDS - started))
    printf -v "status_$name" %s "$status"
}

# said_of NAME STATUS: what became of a part, if it is not all well.
said_of() {
    case $2 in
    0) ;;
    124) echo "the tests $1 were stopped after $SECONDS s, and the trace above shows where they hung" ;;
    *) echo "tests $1 failed, see above (pytest's status $2)" ;;
    esac
}

if [ $# -gt 0 ]; then
    run_pytest "$@"
else
    # Asterisk and Kamailio are fetched while the linters run; the tests that want them wait for it (tests/kit/peers.py).
    mkdir -p "$LOGS"
    rm -rf "$LEDGER"
    scripts/peers.sh >"$LOGS/peers.log" 2>&1 </dev/null &
    checks=0
    report=$LOGS/check-report
    : >"$report"
    AYWA_CHECK_REPORT=$report scripts/check.sh --tools || checks=$?
    # Two processes share what load cannot mislead; a worker that hangs says where.
    part beside "two processes" -n 2 --dist worksteal -o faulthandler_timeout=300
    # Then, with the machine to themselves, the tests that listen to real audio and are judged by the clock.
    mapfile -t files < <(cat "$LEDGER/alone-files" 2>/dev/null)
    part alone "one process" "${files[@]}"
    # Said again: whoever keeps the end of this output is to see there what stands at its top.
    [ "$status_beside" -eq 0 ] || sed -n '/short test summary info/,$p' "$LOGS/pytest-beside.log" >&2
    [ ! -s "$report" ] || cat "$report" >&2
    tests=$(said_of "in two processes" "$status_beside"; said_of "in one process" "$status_alone")
    tests=${tests//$'\n'/; }
    [ "$checks" -eq 0 ] || fail "${tests:-the tests passed}; linters failed: $(sed -n 's/^==> \(.*\) failed:$/\1/p' "$report" | paste -sd, -)"
    [ -z "$tests" ] || fail "$tests"
fi
