# Shared by the scripts: progress lines, one-sentence failures, root through sudo. Source it from the project's root.
# shellcheck shell=bash

VENV=${AYWA_VENV:-.venv}
LOGS=$VENV-log
STEP_PID=

say() { printf '%s\n' "==> $*"; }

# The one sentence a failed command ends with.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# A background child of a non-interactive shell ignores Ctrl-C, so it is ended here.
stop_step() {
    [ -z "$STEP_PID" ] || kill "$STEP_PID" 2>/dev/null || true
    exit 130
}
trap stop_step INT TERM

# step NAME TITLE COMMAND...: run it with its output in a log file and a line every ten seconds, return its status.
step() {
    local name=$1 title=$2 started=$SECONDS shown=0 status=0 seconds
    shift 2
    mkdir -p "$LOGS"
    say "$title"
    "$@" >"$LOGS/$name.log" 2>&1 </dev/null &
    STEP_PID=$!
    while kill -0 "$STEP_PID" 2>/dev/null; do
        sleep 0.2
        seconds=$((SECONDS - started))
        if [ $((seconds / 10)) -gt "$shown" ]; then
            shown=$((seconds / 10))
            printf '    %3d s  %s\n' "$seconds" "$(tail -n 1 "$LOGS/$name.log" | LC_ALL=C tr -cd '[:print:]' | cut -c 1-90)"
        fi
    done
    wait "$STEP_PID" || status=$?
    STEP_PID=
    # A log file on a build server is gone with the machine, so it is shown there.
    if [ "$status" -ne 0 ] && [ -n "${CI:-}" ]; then tail -n 40 "$LOGS/$name.log" | sed 's/^/    | /' >&2; fi
    return "$status"
}

# As root, or through sudo: the only commands that need it are apt-get's.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# The hash of what is on standard input.
digest() { sha256sum | cut -c 1-64; }
