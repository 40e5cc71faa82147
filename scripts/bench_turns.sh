#!/usr/bin/env bash
# bench_turns.sh ARGUMENTS...: install the recorded speech that `python -m bench.turns` cuts into dialogues, and
# run it. With --peers also the systems that are measured beside ours.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/packages.sh

ensure_packages turns
case " $* " in *" --peers "*) scripts/bench_peers.sh ;; esac
exec "${PYTHON:-.venv/bin/python}" -m bench.turns "$@"
