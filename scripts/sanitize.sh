#!/usr/bin/env bash
# sanitize.sh [PYTEST ARGUMENTS...]: the native modules built with AddressSanitizer and UBSan in a copy of the
# project, and tests run on them; without arguments those of the native code, of the media engine and the fuzz.
# By hand, before a release and after work on _native: two to five minutes. Ends with status 1 on a report.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

python=$(readlink -f "${PY:-$VENV/bin/python}" >/dev/null && echo "${PY:-$VENV/bin/python}")
case $python in /*) ;; *) python=$PWD/$python ;; esac
copy=${SANITIZE_DIR:-build/sanitize}
flags="-fsanitize=address,undefined -fno-omit-frame-pointer -O1 -g1"
reports=$PWD/$copy/reports
mkdir -p "$copy/tools"
case $copy in /*) reports=$copy/reports ;; *) copy=$PWD/$copy ;; esac

# The flags come last, behind those of setup.py, so that -O1 and -g1 are what counts.
printf '#!/bin/sh\nexec gcc "$@" %s\n' "$flags" >"$copy/tools/cc"
chmod +x "$copy/tools/cc"
# Only what changed is copied and built again.
mkdir -p "$copy/tree" "$reports"
tar --exclude=build --exclude=.venv --exclude=.git --exclude='*.so' --exclude='_native/*.c' --exclude=var -cf - . |
    tar -C "$copy/tree" --keep-newer-files -xf - 2>/dev/null || true
rm -f "$reports"/*
cd "$copy/tree"
LOGS=$copy/log
step sanitize-build "Building the native modules with $flags" \
    env CC="$copy/tools/cc" LDSHARED="$copy/tools/cc -shared" "$python" setup.py -q build_ext --inplace ||
    fail "the instrumented modules did not build (see $LOGS/sanitize-build.log)"

# Python itself leaks by design at its end, so leaks are not looked for; log_path keeps the reports of children too.
export ASAN_OPTIONS=detect_leaks=0:log_path=$reports/asan:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan
export PYTHONMALLOC=malloc PYTHONPATH=$PWD:$PWD/server:$PWD/installer
libraries=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)
# test_srtp_allocation counts allocations, which the sanitizers take over.
if [ $# -eq 0 ]; then set -- tests/native tests/media --ignore=tests/native/test_srtp_allocation.py; fi
# Programs that the tests start are not instrumented and may hang under the preloaded libraries: they go without.
start='import os, sys; del os.environ["LD_PRELOAD"]; import pytest; sys.exit(pytest.main(sys.argv[1:]))'
say "pytest $* under the sanitizers"
status=0
LD_PRELOAD=$libraries "$python" -c "$start" -q -p no:cacheprovider "$@" || status=$?
if [ -n "$(ls -A "$reports")" ]; then
    grep -hE 'runtime error|ERROR: AddressSanitizer' "$reports"/* | sed 's/0x[0-9a-f]*/0x../g' | sort | uniq -c | sort -rn | head -40
    fail "the sanitizers reported, see $reports"
fi
say "no report of a sanitizer (pytest's status $status)"
exit "$status"
