#!/usr/bin/env bash
# test.sh [PYTEST ARGUMENTS...]: the linters and then every test; with arguments only those tests, one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

# Without bytecode every runtime that a test starts compiles all that it imports, and every worker each test.
unset PYTHONDONTWRITEBYTECODE

LEDGER=$LOGS/tests

# The limit is for a run that hangs; INT makes pytest say where.
run_pytest() {
    local left=$((${TEST_LIMIT_S:-1800} - SECONDS))
    timeout --signal=INT --kill-after=60 "$((left > 1 ? left : 1))" "$VENV/bin/python" -m pytest "$@"
}

PARTS=(beside paired alone) # tests/kit/phases.py says which test is in which, and why
# One more than cores: some of what runs beside others waits for processes to start. Two at a time, however many cores
# there are: three runtimes that start at once are the load that calls are to be spared.
cores=$(nproc)
declare -A WORKERS=([beside]=$((cores < 8 ? cores + 1 : 8)) [paired]=2 [alone]=0)

# run_part NAME: its tests; the files that hold any are known once the first part has looked through all.
run_part() {
    local name=$1 workers=() color=() files=()
    # A worker that hangs says where by itself.
    [ "${WORKERS[$name]}" -eq 0 ] || workers=(-n "${WORKERS[$name]}" --dist worksteal -o faulthandler_timeout=300)
    [ ! -t 1 ] || color=(--color=yes)
    [ ! -s "$LEDGER/files-$name" ] || mapfile -t files <"$LEDGER/files-$name"
    run_pytest -q --no-skips --continue-on-collection-errors --phase "$name" --ledger "$LEDGER" \
        "${workers[@]}" "${color[@]}" "${files[@]}" | tee "$LOGS/pytest-$name.log"
}

# finish_checks: what the linters said, which no test but the first part's may have beside it.
finish_checks() {
    wait "$checking" || checks=$?
    cat "$LOGS/check.log"
}

# run_parts: all of them, whatever becomes of one; `told` is what there is to tell in the end.
run_parts() {
    local name started status
    told=()
    for name in "${PARTS[@]}"; do
        say "pytest: $name"
        started=$SECONDS
        status=0
        run_part "$name" || status=$?
        printf '    pytest: %s: %d s\n' "$name" $((SECONDS - started))
        case $status in
        0) ;;
        124) told+=("the tests '$name' were stopped $SECONDS s after the start, and the trace above shows where they hung") ;;
        *) told+=("tests '$name' failed, see above (pytest's status $status)") ;;
        esac
        [ "$status" -eq 0 ] || failed_parts+=("$name")
        [ "$name" != "${PARTS[0]}" ] || finish_checks
    done
}

if [ $# -gt 0 ]; then
    run_pytest "$@"
else
    # Asterisk and Kamailio are fetched while others run; the tests that want them wait for it (tests/kit/peers.py).
    mkdir -p "$LOGS"
    rm -rf "$LEDGER"
    scripts/peers.sh >"$LOGS/peers.log" 2>&1 </dev/null &
    # And the tests are compiled meanwhile, once for all the processes that will run them.
    "$VENV/bin/python" -m pytest --collect-only -q >"$LOGS/collect.log" 2>&1 </dev/null &
    collecting=$!
    checks=0
    report=$LOGS/check-report
    : >"$report"
    # mypy keeps one core; tests that run beside one another keep the other, and none of them minds.
    AYWA_CHECK_REPORT=$report scripts/check.sh --tools >"$LOGS/check.log" 2>&1 </dev/null &
    checking=$!
    wait "$collecting" || true # what is wrong with them is told when they run
    failed_parts=()
    run_parts
    # Said again: whoever keeps the end of this output is to see there what stands at its top.
    for name in "${failed_parts[@]}"; do
        [ "$name" = "${PARTS[-1]}" ] || sed -n '/short test summary info/,$p' "$LOGS/pytest-$name.log" >&2
    done
    [ ! -s "$report" ] || cat "$report" >&2
    tests=$(printf '%s; ' "${told[@]}")
    tests=${tests%; }
    [ "$checks" -eq 0 ] || fail "${tests:-the tests passed}; linters failed: $(sed -n 's/^==> \(.*\) failed:$/\1/p' "$report" | paste -sd, -)"
    [ -z "$tests" ] || fail "$tests"
fi
